import { quantile } from '../../scenarios/figures/summary.js'

/** What a side has shown in one of its turns. */
export interface Slice {
  readonly perSecond: number
  /** Microseconds of nodes, Postgres and Redis for each message. */
  readonly cpu: number
  /** Milliseconds until a delivery. */
  readonly p99: number
}

export const FIGURES = ['perSecond', 'cpu', 'p99'] as const
export type Figure = (typeof FIGURES)[number]

/** The turns of one round: base, ours, ours, base, so that what drifts steadily is the same for both. */
export interface Round {
  readonly base: readonly [Slice, Slice]
  readonly ours: readonly [Slice, Slice]
}

/** How often ours is of the base, in each figure. */
export type Ratios = Readonly<Record<Figure, number>>

export interface Spread {
  readonly median: number
  /** The range of the middle four fifths of the rounds; of few rounds, all of them. */
  readonly low: number
  readonly high: number
}

export function ratiosOf({ base, ours }: Round): Ratios {
  const ratio = (figure: Figure) => (ours[0][figure] + ours[1][figure]) / (base[0][figure] + base[1][figure])
  return { perSecond: ratio('perSecond'), cpu: ratio('cpu'), p99: ratio('p99') }
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other)
  const at = (share: number) => quantile(sorted, share) ?? Number.NaN
  return { median: at(0.5), low: at(0.1), high: at(0.9) }
}
