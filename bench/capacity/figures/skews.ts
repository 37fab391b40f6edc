import { shown } from '../../load/figures/medians.js'
import type { LinePlot } from '../../report/line-plot.js'
import type { Table } from '../../report/outcome.js'
import type { Skew } from '../simulate/skew.js'
import { COUNTS, type SkewCase } from '../simulate/skews.js'

const SIDES = [
  { what: 'shard of Redis', of: ({ hottestShard }: Skew) => hottestShard },
  { what: 'node', of: ({ hottestNode }: Skew) => hottestNode },
]

export function skewTables(cases: readonly SkewCase[]): Table[] {
  return SIDES.map(({ what, of }) => ({
    title: `The busiest ${what}, by the mean of so many, simulated`,
    head: ['', ...COUNTS.map(String)],
    rows: cases.map(({ name, points }) => [name, ...points.map(({ skew }) => shown(of(skew)))]),
  }))
}

export function skewPlots(cases: readonly SkewCase[]): LinePlot[] {
  return SIDES.map(({ what, of }) => ({
    kind: 'lines',
    title: `the busiest ${what}, by how many there are`,
    x: { unit: '', scale: 'logarithmic' },
    y: { unit: 'times the mean', scale: 'linear' },
    lines: cases.map(({ name, points }) => ({
      name,
      points: points.map(({ shards, skew }) => [shards, of(skew)]),
    })),
  }))
}
