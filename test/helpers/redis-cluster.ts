import { Redis } from 'ioredis'
import type { Test } from 'tap'
import {
  type ClusterServer,
  clusterArguments,
  formCluster,
  isWhole,
  mastersOf,
  moveSlot,
  ownerOf,
} from '../../bench/engines/redis-slots.js'
import { until } from './clients.js'
import { freePort } from './processes.js'
import { type RedisServer, startRedis } from './redis.js'

export interface RedisClusterServer extends RedisServer, ClusterServer {}

/** A real cluster of the test's own. */
export interface RedisCluster {
  readonly servers: readonly RedisClusterServer[]
  /** Of all of them, for `REDIS_URL`. */
  readonly url: string
  masterOf(slot: number): Promise<RedisClusterServer>
  /** Moves the slot to another master, with its keys. */
  move(slot: number): Promise<void>
  /** Empties all masters. */
  flush(): Promise<void>
  /** Resolves when all servers see it whole. */
  whole(): Promise<void>
}

const NODE_TIMEOUT_MS = 1_500

/** Starts masters, and as many replicas when there are to be some; they end with the test. */
export async function startRedisCluster(
  t: Test,
  { masters = 3, withReplicas = false, more = async (): Promise<readonly string[]> => [] } = {},
): Promise<RedisCluster> {
  const size = withReplicas ? masters * 2 : masters
  const servers = await Promise.all(
    Array.from({ length: size }, async () => await startServer(t, await more())),
  )
  await formCluster(servers.slice(0, masters), servers.slice(masters))

  async function masterOf(slot: number): Promise<RedisClusterServer> {
    const { port } = await ownerOf(slot, await mastersOf(servers))
    const found = servers.find((server) => server.port === port)
    if (found === undefined) throw new Error(`there is no server on port ${port}`)
    return found
  }

  return {
    servers,
    url: servers.map(({ url }) => url).join(','),
    masterOf,
    async move(slot) {
      const all = await mastersOf(servers)
      const from = await masterOf(slot)
      const to = all.find((server) => server !== from)
      if (to === undefined) throw new Error('there is no other master')
      await moveSlot(slot, to, all)
    },
    async flush() {
      for (const server of await mastersOf(servers)) await server.ask('FLUSHALL')
    },
    whole: () => until(() => isWhole(servers, masters), 'the cluster is whole'),
  }
}

async function startServer(t: Test, more: readonly string[]): Promise<RedisClusterServer> {
  const busPort = await freePort()
  const server = await startRedis(t, [...clusterArguments(busPort, NODE_TIMEOUT_MS), ...more])
  const admin = new Redis({
    port: server.port,
    connectTimeout: 1_000,
    commandTimeout: 6_000,
    maxRetriesPerRequest: 0,
  })
  admin.on('error', () => {})
  t.teardown(() => admin.disconnect())
  return Object.assign(server, {
    busPort,
    ask: async (...[name = '', ...args]: string[]): Promise<unknown> => await admin.call(name, ...args),
  })
}
