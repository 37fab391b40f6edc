import type { Test } from 'tap'
import { createRedisClusterBus, type RedisClusterBusOptions } from '../../src/adapters/bus-redis-cluster.js'
import { createRedisCluster } from '../../src/adapters/redis-cluster.js'
import type { RedisCommands } from '../../src/adapters/redis-commands.js'
import type { Bus } from '../../src/ports/bus.js'
import { until } from '../helpers/clients.js'
import { accessTo } from '../helpers/redis.js'
import { silent } from '../helpers/stores.js'
import { countGaps, type Gaps, type Inbox, listen } from './bus.js'

export interface ClusterNode extends Gaps {
  readonly bus: Bus
  readonly commands: RedisCommands
  readonly inbox: Inbox
}

/** The bus of one node on a cluster. */
export async function createClusterNode(
  t: Test,
  url: string,
  { patienceMs = 10_000, ...more }: Partial<RedisClusterBusOptions> = {},
): Promise<ClusterNode> {
  const cluster = createRedisCluster(accessTo(url, { REDIS_MODE: 'cluster' }), silent)
  const bus = await createRedisClusterBus(cluster, { patienceMs, ...more })
  t.teardown(async () => await bus.close())
  return {
    bus,
    commands: cluster.commands,
    inbox: listen(bus),
    ...countGaps(bus),
  }
}

export async function isUp(...nodes: ClusterNode[]): Promise<void> {
  await until(() => nodes.every(({ bus }) => bus.up), 'the bus is up')
}
