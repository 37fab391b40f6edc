import type { Heard } from '../generator/figures.js'

const BUSY = 0.9
const LATE_MS = 5

/** Why the generator, not the system, may be what was measured; undefined when there is no reason to think so. */
export function limitOf({ busy, late }: Pick<Heard, 'busy' | 'late'>): string | undefined {
  if (busy > BUSY) return `a thread of the generator was busy for ${Math.round(busy * 100)} % of the time`
  if ((late.p99 ?? 0) > LATE_MS) return `sends left up to ${late.p99?.toFixed(1)} ms late (p99)`
  return undefined
}
