import { cpuSeconds, pidOfPostgres } from '../engines/cpu.js'
import type { Engines } from '../engines/engines.js'
import { residentBytes } from '../engines/memory.js'
import type { Heard } from './generator/figures.js'
import { createGenerator } from './generator/generator.js'
import type { Arrival, Seat } from './generator/orders.js'
import type { Running, ServerNode, System, World } from './systems/system.js'
import { chatName } from './systems/system.js'

/** Threads of the generator: one for each core of the smallest machine that this is meant for. */
const THREADS = 2
const AT_ONCE = 50

/** CPU seconds since the start of each, and bytes in memory. */
export interface Usage {
  readonly nodes: readonly { readonly name: string; readonly cpu: number; readonly rss: number }[]
  readonly postgres: number
  readonly redis: number
  /** The generator, and whatever else this program does. */
  readonly generator: number
}

export interface Measured {
  readonly seconds: number
  readonly heard: Heard
  /** CPU seconds within the time, and bytes in memory at its end. */
  readonly usage: Usage
}

export interface StageOptions {
  readonly engines: Engines
  readonly system: System
  readonly world: World
  readonly nodes: number
  readonly env?: Readonly<Record<string, string>>
}

/** A system on its engines, with the clients of a question in front of it. */
export async function setStage({ engines, system, world, nodes, env }: StageOptions) {
  const running = await system.start(engines, world, nodes, env)
  const generator = createGenerator({ dialect: system.dialect, threads: THREADS })
  const chatsOf = new Map<number, string[]>()
  for (const [chat, members] of world.chats.entries())
    for (const user of members) chatsOf.set(user, [...(chatsOf.get(user) ?? []), chatName(chat)])

  async function usage(): Promise<Usage> {
    const { user, system: kernel } = process.cpuUsage()
    return {
      nodes: await Promise.all(
        running.nodes.map(async ({ name, pid }) => ({
          name,
          cpu: (await cpuSeconds(pid)) ?? Number.NaN,
          rss: (await residentBytes(pid)) ?? Number.NaN,
        })),
      ),
      postgres: (await cpuSeconds(await pidOfPostgres(engines.postgres.folder))) ?? Number.NaN,
      redis: (await cpuSeconds(engines.redis.pid())) ?? Number.NaN,
      generator: (user + kernel) / 1e6,
    }
  }

  return {
    running,
    generator,
    usage,

    /** A session for each of the users, each on the node that `nodeOf` says. Resolves when all stand. @throws when one fails */
    async arrive(
      users: readonly number[],
      nodeOf: (user: number, nodes: readonly ServerNode[]) => ServerNode | undefined = byTurns,
      arrival: Arrival = { atOnce: AT_ONCE },
      onProgress?: (standing: number) => void,
    ): Promise<void> {
      const seats = users.map((user) => seatOf(running, user, chatsOf.get(user) ?? [], nodeOf))
      const failed = await generator.arrive(seats, arrival, onProgress)
      if (failed > 0) throw new Error(`${failed} of ${users.length} sessions have failed`)
    },

    /** What comes while `work` goes on. */
    async measure(work: () => Promise<void>): Promise<Measured> {
      const before = await usage()
      generator.count()
      const startedAt = performance.now()
      await work()
      const heard = await generator.tell()
      const seconds = (performance.now() - startedAt) / 1000
      const after = await usage()
      return { seconds, heard, usage: since(before, after) }
    },

    async end(): Promise<void> {
      await generator.part()
      await generator.end()
      await running.end()
    },
  }
}

export type Stage = Awaited<ReturnType<typeof setStage>>

/** Neighbours are on different nodes. */
function byTurns(user: number, nodes: readonly ServerNode[]): ServerNode | undefined {
  return nodes[user % nodes.length]
}

function seatOf(
  running: Running,
  user: number,
  chats: readonly string[],
  nodeOf: (user: number, nodes: readonly ServerNode[]) => ServerNode | undefined,
): Seat {
  const node = nodeOf(user, running.nodes)
  if (node === undefined) throw new Error('there is no node')
  return { user, chats, token: running.token(user), host: node.host, port: node.port }
}

function since(before: Usage, after: Usage): Usage {
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
