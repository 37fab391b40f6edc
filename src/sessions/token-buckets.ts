import { ParleyError } from '../protocol/errors.js'
import { RATE_BURST_SECONDS } from '../protocol/limits.js'

/** Buckets that are kept. Beyond, the one that was taken from longest ago is forgotten, as if it were full. */
export const BUCKETS_MOST = 100_000

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
 * It is forgotten soon after that moment. They stand in the order in which they were taken from last, and one that
 * was taken from earlier than a burst ago is full: so those that are full are found at the front.
 */
export function createTokenBuckets(
  perSecond: number,
  now: () => number = () => Math.floor(performance.now()),
): TokenBuckets {
  const capacity = RATE_BURST_SECONDS * 1000 * perSecond
  const fullAt = new Map<string, number>()

  /** Two for each that is added: so they become fewer. */
  function forgetFull(at: number): void {
    let looks = 2
    for (const [key, full] of fullAt) {
      if (looks === 0 || (full > at && fullAt.size <= BUCKETS_MOST)) return
      fullAt.delete(key)
      looks -= 1
    }
  }

  return {
    take(key) {
      if (perSecond === 0) return
      const at = now() * perSecond
      const full = Math.max(at, fullAt.get(key) ?? 0) + TOKEN
      const missing = full - at - capacity
      if (missing > 0) throw new ParleyError('rate_limited', undefined, Math.ceil(missing / perSecond))
      fullAt.delete(key)
      fullAt.set(key, full)
      forgetFull(at)
    },

    get size() {
      return fullAt.size
    },
  }
}
