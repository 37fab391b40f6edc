import type { BarPlot } from '../../report/bar-plot.js'
import type { System } from '../systems/system.js'
import type { Usage } from '../usage.js'
import { median } from './medians.js'
import type { Column, Row } from './runs-table.js'

/** Microseconds of the processor for one piece of work; null where a system does not use it. */
export interface Costs {
  /** Of all nodes together. */
  readonly nodes: number
  readonly postgres: number | null
  readonly redis: number | null
  /** Of the three. */
  readonly servers: number
  readonly generator: number
}

export function costsOf(usage: Usage, pieces: number, uses: System['uses']): Costs {
  const each = (seconds: number) => (seconds * 1e6) / pieces
  const nodes = each(usage.nodes.reduce((sum, { cpu }) => sum + cpu, 0))
  const postgres = uses.postgres ? each(usage.postgres) : null
  const redis = uses.redis ? each(usage.redis) : null
  return {
    ...{ nodes, postgres, redis },
    servers: nodes + (postgres ?? 0) + (redis ?? 0),
    generator: each(usage.generator),
  }
}

export function costColumns(piece: string): Column<{ readonly costs: Costs }>[] {
  return [
    { head: `nodes, µs a ${piece}`, of: ({ costs }) => costs.nodes },
    { head: 'Postgres', of: ({ costs }) => costs.postgres },
    { head: 'Redis', of: ({ costs }) => costs.redis },
    { head: 'all three', of: ({ costs }) => costs.servers },
    { head: 'generator', of: ({ costs }) => costs.generator },
  ]
}

/** What each costs, by process. The generator is no part of it. */
export function costPlot(piece: string, rows: readonly Row<{ readonly costs: Costs }>[]): BarPlot {
  const part = (runs: Row<{ readonly costs: Costs }>['runs'], of: (costs: Costs) => number | null) =>
    median(runs.map(({ costs }) => of(costs))) ?? 0
  return {
    kind: 'bars',
    title: `processor time for each ${piece}, by process`,
    unit: 'µs',
    parts: ['nodes', 'Postgres', 'Redis'],
    bars: rows.map(({ name, runs }) => ({
      name,
      values: [
        part(runs, ({ nodes }) => nodes),
        part(runs, ({ postgres }) => postgres),
        part(runs, ({ redis }) => redis),
      ],
    })),
  }
}
