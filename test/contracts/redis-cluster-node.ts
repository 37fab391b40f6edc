import type { Test } from 'tap'
import { createRedisClusterBus } from '../../src/adapters/bus-redis-cluster.js'
import { createRedisCluster } from '../../src/adapters/redis-cluster.js'
import type { RedisCommands } from '../../src/adapters/redis-commands.js'
import type { Bus } from '../../src/ports/bus.js'
import { until } from '../helpers/clients.js'
import { accessTo } from '../helpers/redis.js'
import { silent } from '../helpers/stores.js'
import { type Inbox, listen } from './bus.js'

export interface ClusterNode {
  readonly bus: Bus
  readonly commands: RedisCommands
  readonly inbox: Inbox
  /** How often the bus has told of a gap. */
  gaps(): number
  /** Resolves with the next one. */
  nextGap(): Promise<void>
}

/** The bus of one node on a cluster. */
export async function createClusterNode(
  t: Test,
  url: string,
  env: NodeJS.ProcessEnv = {},
  patienceMs = 10_000,
): Promise<ClusterNode> {
  const cluster = createRedisCluster(accessTo(url, { REDIS_MODE: 'cluster', ...env }), silent)
  const bus = await createRedisClusterBus(cluster, patienceMs)
  t.teardown(async () => await bus.close())
  let gaps = 0
  let waiting: (() => void)[] = []
  bus.onGap(() => {
    gaps += 1
    for (const resolve of waiting) resolve()
    waiting = []
  })
  return {
    bus,
    commands: cluster.commands,
    inbox: listen(bus),
    gaps: () => gaps,
    nextGap: () => new Promise((resolve) => waiting.push(resolve)),
  }
}

export async function isUp(...nodes: ClusterNode[]): Promise<void> {
  await until(() => nodes.every(({ bus }) => bus.up), 'the bus is up')
}
