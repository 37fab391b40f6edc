const KEPT = 200

export interface Latency {
  readonly p50: number
  readonly p95: number
}

/** The last few durations, in milliseconds. */
export function createLatencies() {
  const last: number[] = []

  return {
    add(ms: number): void {
      last.push(ms)
      if (last.length > KEPT) last.shift()
    },
    summary(): Latency | undefined {
      const sorted = last.toSorted((a, b) => a - b)
      const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
      const [p50, p95] = [at(0.5), at(0.95)]
      return p50 === undefined || p95 === undefined ? undefined : { p50, p95 }
    },
  }
}
