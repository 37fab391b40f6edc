import type { Histogram } from './orders.js'

/** Buckets of a power of two: a value is off by a 64th at most. */
const STEPS = 64
const STEP_BITS = 6

/** How many there were of each duration, in microseconds: cheap enough to be asked for each message. */
export class DurationTally {
  #counts = new Uint32Array(STEPS * 32)

  add(micros: number): void {
    const index = indexOf(Math.max(0, Math.round(micros)))
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
  }

  clear(): void {
    this.#counts.fill(0)
  }

  toHistogram(): Histogram {
    const pairs: [number, number][] = []
    for (const [index, count] of this.#counts.entries()) if (count > 0) pairs.push([middleOf(index), count])
    return pairs
  }
}

/** The numbers below STEPS each for itself, then STEPS of them for each power of two. */
function indexOf(value: number): number {
  if (value < STEPS) return value
  const shift = 31 - Math.clz32(Math.min(value, 2 ** 31 - 1)) - STEP_BITS
  return (shift + 1) * STEPS + ((value >>> shift) - STEPS)
}

/** The middle of what is counted there. */
function middleOf(index: number): number {
  if (index < STEPS) return index
  const shift = Math.floor(index / STEPS) - 1
  return (STEPS + (index % STEPS) + 0.5) * 2 ** shift
}
