/** Numbers of which only their spread is wanted: the counts of buckets that are 5 % apart. */
export function createSpread() {
  const counts = new Map<number, number>()
  let total = 0
  let most = 0

  function share(part: number): number | null {
    if (total === 0) return null
    let left = part * total
    for (const bucket of [...counts.keys()].sort((a, b) => a - b)) {
      left -= counts.get(bucket) ?? 0
      if (left <= 0) return Math.min(most, fromBucket(bucket))
    }
    return most
  }

  return {
    add(milliseconds: number): void {
      const bucket = toBucket(Math.max(0, milliseconds))
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1)
      total += 1
      most = Math.max(most, milliseconds)
    },
    /** In milliseconds; null where nothing was counted. */
    summary: () => ({
      count: total,
      p50: share(0.5),
      p99: share(0.99),
      p999: share(0.999),
      most: total === 0 ? null : Math.round(most * 10) / 10,
    }),
  }
}

export type Spread = ReturnType<typeof createSpread>
export type Summary = ReturnType<Spread['summary']>

const STEP = Math.log(1.05)

/** Bucket 0 is everything below a tenth of a millisecond. */
function toBucket(milliseconds: number): number {
  return milliseconds < 0.1 ? 0 : 1 + Math.floor(Math.log(milliseconds / 0.1) / STEP)
}

function fromBucket(bucket: number): number {
  return Number((0.1 * Math.exp(bucket * STEP)).toPrecision(3))
}
