import type { Engines } from '../engines/engines.js'
import { type Heard, heardSince } from './generator/figures.js'
import { createGenerator } from './generator/generator.js'
import type { Arrival, Seat } from './generator/orders.js'
import type { Running, System } from './systems/system.js'
import { chatName, tokenOf, type World } from './systems/world.js'
import { readUsage, type Usage, usageSince } from './usage.js'

/** Threads of the generator: one for each core of the smallest machine that this is meant for. */
const THREADS = 2
const AT_ONCE = 50

export interface Measured<Result> {
  /** What came of the work. */
  readonly result: Result
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
export async function setStage({ engines, system, world, nodes: wanted, env }: StageOptions) {
  const nodes = Math.min(wanted, system.mostNodes)
  // Nothing is to be carried from one system to the next.
  await engines.redis.ask('FLUSHALL')
  const running = await system.start(engines, world, nodes, env)
  const generator = createGenerator({ dialect: system.dialect, threads: THREADS })
  const chatsOf = new Map<number, string[]>()
  for (const [chat, members] of world.chats.entries())
    for (const user of members) chatsOf.set(user, [...(chatsOf.get(user) ?? []), chatName(chat)])

  const usage = async () => await readUsage(running, engines)

  return {
    running,
    generator,
    usage,

    /** A session for each of the users, neighbours on different nodes. Resolves when all stand. @throws when one fails */
    async arrive(
      users: readonly number[],
      arrival: Arrival = { atOnce: AT_ONCE },
      onProgress?: (standing: number) => void,
    ): Promise<void> {
      const seats = users.map((user) => seatOf(running, user, chatsOf.get(user) ?? []))
      const failed = await generator.arrive(seats, arrival, onProgress)
      if (failed > 0) throw new Error(`${failed} of ${users.length} sessions have failed`)
    },

    /** What comes while `work` goes on. */
    async measure<Result>(work: () => Promise<Result>): Promise<Measured<Result>> {
      const before = await usage()
      const heardBefore = await generator.count()
      const startedAt = performance.now()
      const result = await work()
      const heard = await generator.tell()
      const seconds = (performance.now() - startedAt) / 1000
      const after = await usage()
      return { result, seconds, heard: heardSince(heardBefore, heard), usage: usageSince(before, after) }
    },

    async end(): Promise<void> {
      await generator.part()
      await generator.end()
      await running.end()
    },
  }
}

/** Sets the stage for the work, and clears it whatever becomes of that. */
export async function onStage<Result>(
  options: StageOptions,
  work: (stage: Stage) => Promise<Result>,
): Promise<Result> {
  const stage = await setStage(options)
  try {
    return await work(stage)
  } finally {
    await stage.end()
  }
}

export type Stage = Awaited<ReturnType<typeof setStage>>

function seatOf({ nodes }: Running, user: number, chats: readonly string[]): Seat {
  const node = nodes[user % nodes.length]
  if (node === undefined) throw new Error('there is no node')
  return { user, chats, token: tokenOf(user), host: node.host, port: node.port }
}
