import type { Counts, Histogram } from './orders.js'

/** Milliseconds; null where there was nothing to measure. */
export interface Latency {
  readonly count: number
  readonly p50: number | null
  readonly p90: number | null
  readonly p99: number | null
  readonly p999: number | null
  readonly most: number | null
}

/** What all threads have counted together. */
export interface Heard extends Omit<Counts, 'acks' | 'deliveries' | 'arrivals' | 'late' | 'busy'> {
  readonly acks: Latency
  readonly deliveries: Latency
  readonly arrivals: Latency
  readonly late: Latency
  /** Of the busiest thread. */
  readonly busy: number
}

const NUMBERS = ['sent', 'repeated', 'acked', 'delivered', 'refused', 'holes', 'again', 'closed'] as const

export function addUp(all: readonly Counts[]): Heard {
  const sum = (key: (typeof NUMBERS)[number]) => all.reduce((total, counts) => total + counts[key], 0)
  const latency = (key: 'acks' | 'deliveries' | 'arrivals' | 'late') =>
    toLatency(all.flatMap((one) => one[key]))
  return {
    sent: sum('sent'),
    repeated: sum('repeated'),
    acked: sum('acked'),
    delivered: sum('delivered'),
    refused: sum('refused'),
    refusal: all.find(({ refusal }) => refusal !== '')?.refusal ?? '',
    holes: sum('holes'),
    again: sum('again'),
    closed: sum('closed'),
    acks: latency('acks'),
    deliveries: latency('deliveries'),
    arrivals: latency('arrivals'),
    late: latency('late'),
    busy: Math.max(...all.map(({ busy }) => busy)),
  }
}

/** What was counted between two tellings; durations as the later one has them. */
export function heardSince(before: Heard, after: Heard): Heard {
  const difference = (key: (typeof NUMBERS)[number]) => after[key] - before[key]
  return {
    ...after,
    sent: difference('sent'),
    repeated: difference('repeated'),
    acked: difference('acked'),
    delivered: difference('delivered'),
    refused: difference('refused'),
    holes: difference('holes'),
    again: difference('again'),
    closed: difference('closed'),
  }
}

/** From histograms put one after the other. */
export function toLatency(pairs: Histogram): Latency {
  const sorted = [...pairs].sort(([one], [other]) => one - other)
  const count = sorted.reduce((sum, [, times]) => sum + times, 0)
  const at = (share: number) => {
    let left = Math.max(1, Math.ceil(share * count))
    for (const [micros, times] of sorted) {
      left -= times
      if (left <= 0) return micros / 1000
    }
    return null
  }
  return { count, p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), most: at(1) }
}
