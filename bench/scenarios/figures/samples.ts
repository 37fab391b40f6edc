import { grouped } from './grouped.js'
import { quantile } from './summary.js'

/** One measurement: when it was due, and how long it took from then on, in milliseconds. */
export interface Sample {
  readonly dueMs: number
  readonly tookMs: number
}

export interface WindowSummary {
  readonly fromMs: number
  readonly p50: number
  readonly p99: number
}

/** The durations of those that were due within the span; its end is not part of it. */
export function within(samples: readonly Sample[], fromMs: number, toMs: number): number[] {
  return samples.filter(({ dueMs }) => fromMs <= dueMs && dueMs < toMs).map(({ tookMs }) => tookMs)
}

/** By windows of this length, the first of which begins at `fromMs`; those without a sample are left out. */
export function byWindow(samples: readonly Sample[], fromMs: number, lengthMs: number): WindowSummary[] {
  const windows = grouped(samples, ({ dueMs }) => Math.floor((dueMs - fromMs) / lengthMs))
  return [...windows]
    .sort(([one], [other]) => one - other)
    .filter(([index]) => index >= 0)
    .map(([index, window]) => {
      const sorted = window.map(({ tookMs }) => tookMs).sort((one, other) => one - other)
      return {
        fromMs: fromMs + index * lengthMs,
        p50: quantile(sorted, 0.5) ?? 0,
        p99: quantile(sorted, 0.99) ?? 0,
      }
    })
}

/** Windows in a row that are well: what is said to be back has not just been lucky once. */
const WELL_IN_A_ROW = 5

/** When the first of enough windows in a row begins whose p99 is within the level; null when there are none. */
export function backAt(windows: readonly WindowSummary[], levelMs: number): number | null {
  let inARow = 0
  for (const [index, { p99 }] of windows.entries()) {
    inARow = p99 <= levelMs ? inARow + 1 : 0
    if (inARow === WELL_IN_A_ROW) return windows[index + 1 - WELL_IN_A_ROW]?.fromMs ?? null
  }
  return null
}
