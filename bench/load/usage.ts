import { cpuSeconds, pidOfPostgres } from '../engines/cpu.js'
import { residentBytes } from '../engines/memory.js'
import type { Running, Surroundings } from './systems/system.js'

/** CPU seconds since the start of each, and bytes in memory. */
export interface Usage {
  readonly nodes: readonly { readonly name: string; readonly cpu: number; readonly rss: number }[]
  readonly postgres: number
  readonly redis: number
  /** The generator, and whatever else this program does. */
  readonly generator: number
}

export async function readUsage(
  { nodes }: Running,
  { postgres, redis }: Pick<Surroundings, 'postgres' | 'redis'>,
): Promise<Usage> {
  const { user, system } = process.cpuUsage()
  return {
    nodes: await Promise.all(
      nodes.map(async ({ name, pid }) => ({
        name,
        cpu: (await cpuSeconds(pid)) ?? Number.NaN,
        rss: (await residentBytes(pid)) ?? Number.NaN,
      })),
    ),
    postgres: (await cpuSeconds(await pidOfPostgres(postgres.folder))) ?? Number.NaN,
    redis: (await cpuSeconds(redis.pid())) ?? Number.NaN,
    generator: (user + system) / 1e6,
  }
}

/** CPU seconds between the two; memory as it is at the later one. */
export function usageSince(before: Usage, after: Usage): Usage {
  return {
    nodes: after.nodes.map(({ name, cpu, rss }, index) => ({
      ...{ name, rss },
      cpu: cpu - (before.nodes[index]?.cpu ?? 0),
    })),
    postgres: after.postgres - before.postgres,
    redis: after.redis - before.redis,
    generator: after.generator - before.generator,
  }
}
