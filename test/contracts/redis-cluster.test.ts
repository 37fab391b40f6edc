import t from 'tap'
import { createRedisLeases } from '../../src/adapters/leases-redis.js'
import { slotOf } from '../../src/adapters/redis-slots.js'
import { createRedisSessionRegistry } from '../../src/adapters/session-registry-redis.js'
import { startRedisCluster } from '../helpers/redis-cluster.js'
import { uniqueId } from '../helpers/stores.js'
import { busContract } from './bus.js'
import { leasesContract } from './leases.js'
import { createClusterNode, isUp } from './redis-cluster-node.js'
import { MOST, sessionRegistryContract } from './session-registry.js'

/** Longer than any test: such a node never lapses. */
const LONG_MS = 600_000

t.test('the contracts of the bus, the leases and the registry', async (t) => {
  const { url, flush } = await startRedisCluster(t)
  t.test('bus', async (t) => busContract(t, async (t) => (await createClusterNode(t, url)).bus))
  t.test('leases', async (t) =>
    leasesContract(t, async (t) => {
      await flush()
      return createRedisLeases((await createClusterNode(t, url)).commands, uniqueId('node'), LONG_MS)
    }),
  )
  t.test('registry', async (t) =>
    sessionRegistryContract(t, async (t) => {
      await flush()
      const { commands } = await createClusterNode(t, url)
      const registry = createRedisSessionRegistry(commands, { leaseMs: LONG_MS, most: MOST })
      await registry.renew()
      return registry
    }),
  )
})

t.test(
  'a slot moves while its channels are subscribed: they stand at the new owner when the gap is told',
  async (t) => {
    const cluster = await startRedisCluster(t)
    const [ann, bob] = [await createClusterNode(t, cluster.url), await createClusterNode(t, cluster.url)]
    // Of one slot, of which the master tells each by itself; and one that stays.
    const moved = ['{order}:1', '{order}:2', '{order}:3']
    const all = [...moved, 'stays']
    for (const { bus } of [ann, bob]) await Promise.all(all.map((channel) => bus.subscribe(channel)))

    for (const round of [1, 2, 3]) {
      const gaps = Promise.all([ann.nextGap(), bob.nextGap()])
      await cluster.move(slotOf('order'))
      await gaps
      await isUp(ann, bob)
      for (const channel of all) ann.bus.publish(channel, `round ${round}`)
      await Promise.all(
        [ann, bob].flatMap(({ inbox }) => all.map((channel) => inbox.received(channel, `round ${round}`))),
      )
    }
    for (const { inbox } of [ann, bob])
      for (const channel of all) t.same(inbox.on(channel), ['round 1', 'round 2', 'round 3'], channel)
  },
)
