/** What of many durations is told; all in the unit of the durations, null where there are none. */
export interface Summary {
  readonly count: number
  readonly p50: number | null
  readonly p99: number | null
  readonly most: number | null
}

export function summarise(durations: readonly number[]): Summary {
  const sorted = [...durations].sort((one, other) => one - other)
  return {
    count: sorted.length,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    most: quantile(sorted, 1),
  }
}

/** The least of the sorted numbers that so large a share of them does not exceed; null when there are none. */
export function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null
}
