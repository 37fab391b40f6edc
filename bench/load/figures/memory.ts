import { setTimeout as delay } from 'node:timers/promises'

export interface IdleRun {
  /** How many stood, and the bytes of the node in memory then. */
  readonly samples: readonly (readonly [standing: number, bytes: number])[]
  readonly closed: number
}

const LOOK_MS = 500
const LOOKS = 12
/** Less than this between two looks is rest. */
const REST_BYTES = 512 * 1024

/** What it comes to rest at: a node collects its garbage, and gives memory back, when it has the time. */
export async function steady(look: () => Promise<number>): Promise<number> {
  let last = await look()
  for (let resting = 0, looks = 0; resting < 2 && looks < LOOKS; looks++) {
    await delay(LOOK_MS)
    const now = await look()
    resting = Math.abs(now - last) < REST_BYTES ? resting + 1 : 0
    last = now
  }
  return last
}

/** Of the straight line that is nearest to all of them, by least squares: bytes for one more. */
export function slopeOf(samples: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: (sample: readonly [number, number]) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const [x, y] = [mean(([one]) => one), mean(([, one]) => one)]
  const along = samples.reduce((sum, [one, other]) => sum + (one - x) * (other - y), 0)
  return along / samples.reduce((sum, [one]) => sum + (one - x) ** 2, 0)
}
