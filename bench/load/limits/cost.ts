import type { Progress } from '../../report/progress.js'
import type { Surroundings } from '../systems/system.js'
import { readUsage, usageSince } from '../usage.js'

/** How much a part did alone, and what each message cost. */
export interface Cost {
  readonly perSecond: number
  /** Microseconds of the processor: of this program, which is its client, and of the server that it is asked of. */
  readonly client: number
  readonly postgres: number | null
  readonly redis: number | null
}

export interface CostOptions {
  readonly surroundings: Pick<Surroundings, 'postgres' | 'redis'>
  readonly progress: Progress
  readonly label: string
  readonly of: 'postgres' | 'redis'
  readonly seconds: number
}

/** Lets `work` go on until the time is over, and divides by the messages that it gives. */
export async function costOf(
  { surroundings, progress, label, of, seconds }: CostOptions,
  work: (isOver: () => boolean) => Promise<number>,
): Promise<Cost> {
  const noNodes = { nodes: [], token: () => '', end: async () => {} }
  const startedAt = performance.now()
  const before = await readUsage(noNodes, surroundings)
  const waited = progress.wait(label, seconds)
  const messages = await work(() => performance.now() - startedAt >= seconds * 1000)
  const took = (performance.now() - startedAt) / 1000
  const { generator, postgres, redis } = usageSince(before, await readUsage(noNodes, surroundings))
  await waited
  const each = (cpu: number) => (cpu * 1e6) / messages
  return {
    perSecond: messages / took,
    client: each(generator),
    postgres: of === 'postgres' ? each(postgres) : null,
    redis: of === 'redis' ? each(redis) : null,
  }
}
