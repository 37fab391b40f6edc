import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { createRedisBus } from '../../src/adapters/bus-redis.js'
import { createRedisLeases } from '../../src/adapters/leases-redis.js'
import { createRedisClient, untilReady } from '../../src/adapters/redis-client.js'
import { createRedisSessionRegistry } from '../../src/adapters/session-registry-redis.js'
import { until } from '../helpers/clients.js'
import { accessTo } from '../helpers/redis.js'
import { SENTINEL_NAME, startSentinels } from '../helpers/redis-sentinels.js'
import { silent, uniqueId } from '../helpers/stores.js'
import { busContract, listen } from './bus.js'
import { leasesContract } from './leases.js'
import { MOST, sessionRegistryContract } from './session-registry.js'

/** Longer than any test: such a node never lapses. */
const LONG_MS = 600_000

async function connect(t: Test, url: string, name: string): Promise<Redis> {
  const access = accessTo(url, { REDIS_MODE: 'sentinel', REDIS_SENTINEL_NAME: SENTINEL_NAME })
  const client = createRedisClient(access, name, silent)
  t.teardown(() => client.disconnect())
  await untilReady(client, 10_000)
  return client
}

async function createNode(t: Test, url: string) {
  const publisher = await connect(t, url, 'publisher')
  const bus = createRedisBus(publisher, await connect(t, url, 'subscriber'))
  t.teardown(async () => await bus.close())
  let gaps = 0
  bus.onGap(() => {
    gaps += 1
  })
  return { bus, publisher, inbox: listen(bus), gaps: () => gaps }
}

t.test('the contracts of the bus, the leases and the registry', async (t) => {
  const { url, servers } = await startSentinels(t)
  const admin = new Redis(servers[0].url)
  t.teardown(() => admin.disconnect())
  t.test('bus', async (t) => busContract(t, async (t) => (await createNode(t, url)).bus))
  t.test('leases', async (t) =>
    leasesContract(t, async (t) => {
      await admin.flushall()
      return createRedisLeases(await connect(t, url, 'leases'), uniqueId('node'), LONG_MS)
    }),
  )
  t.test('registry', async (t) =>
    sessionRegistryContract(t, async (t) => {
      await admin.flushall()
      const registry = createRedisSessionRegistry(await connect(t, url, 'registry'), {
        leaseMs: LONG_MS,
        most: MOST,
      })
      await registry.renew()
      return registry
    }),
  )
})

const ways = [
  ['is killed', async (pid: number) => void process.kill(pid, 'SIGKILL')],
  ['freezes', async (pid: number) => void process.kill(pid, 'SIGSTOP')],
] as const
for (const [how, strike] of ways)
  t.test(`the master ${how} under load: nodes go on with the new one, after one gap`, async (t) => {
    const redis = await startSentinels(t)
    const [ann, bob] = [await createNode(t, redis.url), await createNode(t, redis.url)]
    const channels = Array.from({ length: 50 }, (_, n) => `parley:chat:${n}`)
    for (const { bus } of [ann, bob]) await Promise.all(channels.map((channel) => bus.subscribe(channel)))
    const talk = setInterval(() => {
      for (const channel of channels) ann.bus.publish(channel, 'talk')
    }, 5)
    t.teardown(() => clearInterval(talk))
    const [master, replica] = redis.servers
    await strike(master.pid)
    await until(() => !ann.bus.up && !bob.bus.up, 'both know')
    await until(async () => (await redis.masterPort()) === replica.port, 'the replica is the master')
    await until(() => ann.bus.up && bob.bus.up && ann.gaps() > 0 && bob.gaps() > 0, 'both are back')
    clearInterval(talk)

    t.match(await ann.publisher.info('replication'), /role:master/)
    for (const channel of channels) ann.bus.publish(channel, 'said to the new one')
    await Promise.all(channels.map((channel) => bob.inbox.received(channel, 'said to the new one')))
    if (how === 'freezes') {
      process.kill(master.pid, 'SIGCONT')
      const old = new Redis(master.url)
      t.teardown(() => old.disconnect())
      await until(async () => /role:slave/.test(await old.info('replication')), 'the old one is a replica')
      for (const channel of channels) bob.bus.publish(channel, 'the old one is awake')
      await Promise.all(channels.map((channel) => ann.inbox.received(channel, 'the old one is awake')))
    }
  })

t.test('one sentinel of those that are named is enough', async (t) => {
  const redis = await startSentinels(t)
  const [one] = redis.sentinels
  // One of the addresses is of nobody.
  const { bus, inbox } = await createNode(t, `redis://127.0.0.1:1,redis://127.0.0.1:${one?.port}`)
  t.equal(bus.up, true)
  await bus.subscribe('parley:chat:1')
  bus.publish('parley:chat:1', 'hello')
  await inbox.received('parley:chat:1', 'hello')
})
