/** When things happened that are counted: moments in milliseconds, in any order. */

const SECOND_MS = 1_000

/** How many there were in each second from `fromMs` on; as many seconds as it takes. */
export function perSecond(moments: readonly number[], fromMs: number): number[] {
  const counts: number[] = []
  for (const moment of moments) {
    const second = Math.floor((moment - fromMs) / SECOND_MS)
    while (counts.length <= second) counts.push(0)
    counts[second] = (counts[second] ?? 0) + 1
  }
  return counts
}

/** The most that there were within a second, whenever that began. */
export function mostInASecond(moments: readonly number[]): number {
  const sorted = [...moments].sort((one, other) => one - other)
  let first = 0
  let most = 0
  for (const [index, moment] of sorted.entries()) {
    while ((sorted[first] ?? moment) <= moment - SECOND_MS) first += 1
    most = Math.max(most, index - first + 1)
  }
  return most
}

/** From the first to the last of them, in milliseconds; 0 when there are none. */
export function span(moments: readonly number[]): number {
  return moments.length === 0 ? 0 : moments.reduce(later) - moments.reduce(earlier)
}

const later = (one: number, other: number) => Math.max(one, other)
const earlier = (one: number, other: number) => Math.min(one, other)
