import { AggregatorRegistry, type Registry } from 'prom-client'

/** The metrics of one process, as they travel to another one. */
export async function toJson(registry: Registry): Promise<object[]> {
  return await registry.getMetricsAsJSON()
}

/** The metrics of several processes as one text: added up, but for those that say otherwise (`aggregator`). */
export async function addUp(metrics: readonly object[][]): Promise<string> {
  return await AggregatorRegistry.aggregate([...metrics]).metrics()
}

export const CONTENT_TYPE = AggregatorRegistry.PROMETHEUS_CONTENT_TYPE
