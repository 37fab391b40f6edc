import { Redis } from 'ioredis'
import type { Test } from 'tap'
import {
  type ClusterServer,
  formCluster,
  isMaster,
  isWhole,
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

/** A failover takes about twice as long. */
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
    const { port } = await ownerOf(slot, await mastersNow())
    const found = servers.find((server) => server.port === port)
    if (found === undefined) throw new Error(`there is no server on port ${port}`)
    return found
  }

  async function mastersNow(): Promise<RedisClusterServer[]> {
    const isOne = await Promise.all(servers.map((server) => isMaster(server).catch(() => false)))
    return servers.filter((_, index) => isOne[index])
  }

  return {
    servers,
    url: servers.map(({ url }) => url).join(','),
    masterOf,
    async move(slot) {
      const all = await mastersNow()
      const from = await masterOf(slot)
      const to = all.find((server) => server !== from)
      if (to === undefined) throw new Error('there is no other master')
      await moveSlot(slot, to, all)
    },
    async flush() {
      for (const server of await mastersNow()) await server.ask('FLUSHALL')
    },
    whole: () => until(() => isWhole(servers, masters), 'the cluster is whole'),
  }
}

async function startServer(t: Test, more: readonly string[]): Promise<RedisClusterServer> {
  const busPort = await freePort()
  const server = await startRedis(t, [
    ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
    ...['--cluster-node-timeout', String(NODE_TIMEOUT_MS), '--repl-diskless-sync-delay', '0'],
    // A replica that was just made takes over too.
    ...['--cluster-replica-validity-factor', '0', ...more],
  ])
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
