import { ParleyError } from '../protocol/errors.js'
import { RATE_BURST_SECONDS } from '../protocol/limits.js'

/** Buckets that are kept. Beyond, the half that was not used lately is forgotten, as if those were full. */
export const BUCKETS_MOST = 100_000

const BURST_MS = RATE_BURST_SECONDS * 1000

/** What one token costs; a bucket gains `perSecond` of these in a millisecond. All is whole numbers. */
const TOKEN = 1000

export interface TokenBuckets {
  /** Takes a token out of the bucket of this key. @throws ParleyError `rate_limited` when there is none */
  take(key: string): void
  /** Buckets that are kept now. */
  readonly size: number
}

/**
 * Token buckets, one per key: `perSecond` tokens a second, and three seconds' worth for one that has been quiet;
 * 0: no limit. A bucket is kept as one number, the moment at which it is full again.
 *
 * One that was not used for as long as it takes to fill is full, and need not be kept. So there are two generations:
 * a bucket that is used moves to the young one, and at the end of that time the old one is forgotten as a whole.
 */
export function createTokenBuckets(
  perSecond: number,
  now: () => number = () => Math.floor(performance.now()),
): TokenBuckets {
  const capacity = BURST_MS * perSecond
  let young = new Map<string, number>()
  let old = new Map<string, number>()
  let turnedAt = now()

  function turn(at: number): void {
    old = young
    young = new Map()
    turnedAt = at
  }

  return {
    take(key) {
      if (perSecond === 0) return
      const at = now()
      if (at - turnedAt >= BURST_MS || young.size >= BUCKETS_MOST / 2) turn(at)
      const gained = at * perSecond
      const full = Math.max(gained, young.get(key) ?? old.get(key) ?? 0) + TOKEN
      const missing = full - gained - capacity
      if (missing > 0) throw new ParleyError('rate_limited', undefined, Math.ceil(missing / perSecond))
      young.set(key, full)
    },

    get size() {
      return young.size + old.size
    },
  }
}
