import { z } from 'zod'
import { freePort } from './free-port.js'
import { createRedis, type RedisOptions } from './redis.js'
import {
  type ClusterServer,
  clusterArguments,
  formCluster,
  isWhole,
  mastersOf,
  moveSlot,
  SLOTS,
} from './redis-slots.js'
import { until } from './until.js'

const MASTERS = 3
const NODE_TIMEOUT_MS = 2_000
const WHOLE_MS = 30_000
/** Slots of one moving. */
const MOVED = 20

/** Three masters with a replica each, to which can be done what can be done to one Redis, and what only a cluster knows. */
export async function createRedisCluster(options: Omit<RedisOptions, 'more'>) {
  const servers = await Promise.all(Array.from({ length: MASTERS * 2 }, () => createServer(options)))
  let isFormed = false
  let turn = 0
  let killed: (typeof servers)[number] | undefined

  async function start(): Promise<void> {
    await Promise.all(servers.map((server) => server.start()))
    if (!isFormed) await formCluster(servers.slice(0, MASTERS), servers.slice(MASTERS))
    isFormed = true
    await whole()
  }

  async function whole(): Promise<void> {
    await until('the cluster is whole', () => isWhole(servers, MASTERS), WHOLE_MS)
  }

  const everyServer = async (body: (server: (typeof servers)[number]) => unknown): Promise<void> => {
    await Promise.all(servers.map(body))
  }

  return {
    start,
    kill: () => everyServer((server) => server.kill()),
    pause: () => everyServer((server) => server.pause()),
    unpause: () => everyServer((server) => server.unpause()),
    /** Of each master; what they answer as a number is added up. */
    async ask(...command: [string, ...string[]]): Promise<number> {
      const answers = await Promise.all((await mastersOf(servers)).map((master) => master.ask(...command)))
      return answers.reduce((sum: number, answer) => sum + (Number(answer) || 0), 0)
    },
    url: () => servers.map(({ port }) => `redis://127.0.0.1:${port}`).join(),
    /** Kills a master, another one each time. */
    async killMaster(): Promise<void> {
      const all = await mastersOf(servers)
      turn += 1
      killed = all[turn % all.length]
      if (killed === undefined) throw new Error('there is no master')
      await killed.kill()
    },
    /** Starts it again; resolves when all are well. */
    async startKilled(): Promise<void> {
      await killed?.start()
      await whole()
    },
    /** Moves slots in which somebody listens. Gives their number. */
    async moveSlots(): Promise<number> {
      const all = await mastersOf(servers)
      let moved = 0
      for (const [index, from] of all.entries()) {
        const to = all[(index + 1) % all.length]
        const channels = z.array(z.string()).parse(await from.ask('PUBSUB', 'SHARDCHANNELS'))
        const slots = new Set<number>()
        for (const channel of channels.slice(0, Math.ceil(MOVED / MASTERS)))
          slots.add(
            z
              .number()
              .max(SLOTS)
              .parse(await from.ask('CLUSTER', 'KEYSLOT', channel)),
          )
        for (const slot of slots) if (to !== undefined) await moveSlot(slot, to, all)
        moved += slots.size
      }
      return moved
    },
  }
}

export type RedisCluster = Awaited<ReturnType<typeof createRedisCluster>>

async function createServer(options: Omit<RedisOptions, 'more'>) {
  const busPort = await freePort()
  const server = await createRedis({ ...options, more: clusterArguments(busPort, NODE_TIMEOUT_MS) })
  return {
    ...server,
    busPort,
    ask: async (...[name = '', ...args]: string[]) => await server.ask(name, ...args),
  } satisfies ClusterServer
}
