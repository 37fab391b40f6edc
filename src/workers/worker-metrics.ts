import type { Worker } from 'node:cluster'
import { addUp, CONTENT_TYPE } from '../ops/added-up.js'
import { readToSupervisor, type ToWorker } from './messages.js'

/** One that does not answer within this is left out. */
const ANSWER_MS = 2_000

/**
 * The metrics of all workers, added up where they are asked for; what a worker counted that has ended is gone with it, which
 * Prometheus takes for a restart. prom-client's own way would ask workers too that are still starting, and wait for them.
 */
export function createWorkerMetrics(ready: () => Iterable<Worker>) {
  let asks = 0

  async function metricsOf(worker: Worker): Promise<object[]> {
    asks += 1
    const ask = asks
    return await new Promise((resolve) => {
      const hear = (given: unknown) => {
        const message = readToSupervisor(given)
        if (message?.type === 'metrics' && message.ask === ask) done(message.metrics)
      }
      const leave = () => done([])
      const timer = setTimeout(leave, ANSWER_MS)
      const done = (metrics: object[]) => {
        clearTimeout(timer)
        worker.off('message', hear)
        worker.off('exit', leave)
        resolve(metrics)
      }
      worker.on('message', hear)
      worker.on('exit', leave)
      worker.send({ type: 'metrics', ask } satisfies ToWorker)
    })
  }

  return {
    contentType: CONTENT_TYPE,
    async metrics(): Promise<string> {
      const asked = [...ready()].filter((worker) => worker.isConnected())
      return await addUp(await Promise.all(asked.map(metricsOf)))
    },
  }
}
