import type { Table } from '../../report/outcome.js'
import type { Latency } from '../generator/figures.js'
import { shownRuns } from './medians.js'

/** The runs of one thing, such as a system, or a system at a rate. */
export interface Row<Run> {
  readonly name: string
  readonly runs: readonly Run[]
}

export interface Column<Run> {
  readonly head: string
  readonly of: (run: Run) => number | null
}

/** Of what has taken its time, in milliseconds. */
export const tookColumns: readonly Column<{ readonly took: Latency }>[] = [
  { head: 'p50', of: ({ took }) => took.p50 },
  { head: 'p99', of: ({ took }) => took.p99 },
  { head: 'most', of: ({ took }) => took.most },
]

/** A row for each thing: of each figure the median of its runs, with the span when there were several. */
export function runsTable<Run>(
  title: string,
  first: string,
  rows: readonly Row<Run>[],
  columns: readonly Column<Run>[],
): Table {
  return {
    title,
    head: [first, ...columns.map(({ head }) => head)],
    rows: rows.map(({ name, runs }) => [name, ...columns.map(({ of }) => shownRuns(runs.map(of)))]),
  }
}
