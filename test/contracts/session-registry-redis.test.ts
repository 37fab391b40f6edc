import { once } from 'node:events'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { createRedisClient, untilReady } from '../../src/adapters/redis-client.js'
import { createRedisSessionRegistry } from '../../src/adapters/session-registry-redis.js'
import type { SessionRegistry } from '../../src/ports/session-registry.js'
import { until } from '../helpers/clients.js'
import { accessTo, startRedis } from '../helpers/redis.js'
import { silent } from '../helpers/stores.js'
import { MOST, session, sessionRegistryContract } from './session-registry.js'

/** Longer than any test: such a node never lapses. */
const LONG_MS = 600_000
/** Such a node lapses while one looks. */
const SHORT_MS = 50

interface RegisteredNode extends SessionRegistry {
  readonly client: Redis
}

async function createNode(t: Test, url: string, leaseMs = LONG_MS): Promise<RegisteredNode> {
  const client = createRedisClient(accessTo(url), 'registry', silent)
  t.teardown(() => client.disconnect())
  await untilReady(client, 10_000)
  const registry = createRedisSessionRegistry(client, { leaseMs, most: MOST })
  await registry.renew()
  return { client, ...registry }
}

t.test('the contract', async (t) => {
  const redis = await startRedis(t)
  const flusher = new Redis(redis.url)
  t.teardown(() => flusher.disconnect())
  sessionRegistryContract(t, async (t) => {
    await flusher.flushall()
    return await createNode(t, redis.url)
  })
})

t.test('the sessions of all nodes count together, and the oldest is answered wherever it is', async (t) => {
  const { url } = await startRedis(t)
  const [one, two] = [await createNode(t, url), await createNode(t, url)]
  t.same(await one.add(session('ann', 1)), [])
  t.same(await two.add(session('ann', 2)), [])
  t.same(await one.add(session('ann', 3)), [])
  t.same(await two.add(session('ann', 4)), [session('ann', 1)])
  one.remove(session('ann', 1))
  await one.client.ping()
  t.same(await two.add(session('ann', 5)), [session('ann', 2)])
})

t.test('many on many nodes at once: the latest stay', async (t) => {
  const { url } = await startRedis(t)
  const nodes = await Promise.all(Array.from({ length: 4 }, () => createNode(t, url)))
  const answers = await Promise.all(
    nodes.flatMap((node, index) =>
      Array.from({ length: 25 }, (_, n) => node.add(session('ann', `${index}.${n}`))),
    ),
  )
  const beyond = new Set(answers.flat().map(({ sessionId }) => sessionId))
  t.equal(beyond.size, 100 - MOST)
})

t.test('what a dead node has had counts until its lease has lapsed', async (t) => {
  const { url } = await startRedis(t)
  const survivor = await createNode(t, url)
  const dying = await createNode(t, url, SHORT_MS)
  for (let n = 1; n <= MOST; n++) await dying.add(session('ann', n))
  await until(async () => {
    const beyond = await survivor.add(session('ann', 'new'))
    survivor.remove(session('ann', 'new'))
    return beyond.length === 0
  }, 'they do not count any more')
})

t.test('a node that was taken for dead counts again with its next renewal', async (t) => {
  const { url } = await startRedis(t)
  const [one, two] = [await createNode(t, url, SHORT_MS), await createNode(t, url)]
  for (let n = 1; n <= MOST; n++) await one.add(session('ann', n))
  await until(
    async () => (await one.client.keys('{parley:sessions}:writing:*')).length === 1,
    'its lease lapses',
  )
  t.same(await two.add(session('ann', 'late')), [], 'nobody else is there')
  t.same(await one.renew(), [session('ann', 1)], 'the late one is one too many, and its own are older')
})

t.test('an emptied store is written again by the renewals, and the order is kept', async (t) => {
  const { url } = await startRedis(t)
  const [one, two] = [await createNode(t, url), await createNode(t, url)]
  await two.add(session('ann', 1))
  await one.add(session('ann', 2))
  await one.add(session('ann', 3))
  for (let n = 0; n < 1200; n++) void one.add(session(`user-${n}`, 1))
  await one.client.flushall()
  t.same(await one.add(session('ann', 4)), [], 'who is alone there is not too many')
  t.same(await one.renew(), [])
  t.equal((await one.client.keys('{parley:sessions}:user:*')).length, 1201)
  t.same(await two.renew(), [session('ann', 1)], 'the oldest, though it was written last')
})

t.test('while Redis is away each node counts its own, and says so soon', async (t) => {
  const redis = await startRedis(t)
  const node = await createNode(t, redis.url)
  await node.add(session('ann', 1))
  await redis.stop()
  await until(() => node.client.status !== 'ready', 'the client knows')
  t.same(await node.add(session('ann', 2)), [])
  t.same(await node.add(session('ann', 3)), [])
  t.same(await node.add(session('ann', 4)), [session('ann', 1)])
  node.remove(session('ann', 1))
  t.same(await node.renew(), [])
  t.same(await node.add(session('ann', 5)), [session('ann', 2)])
})

t.test('what began and ended while Redis was away is right with the next renewal', async (t) => {
  const { url } = await startRedis(t)
  const [node, other] = [await createNode(t, url), await createNode(t, url)]
  await node.add(session('ann', 'leaves'))
  await node.add(session('ann', 'stays'))
  await other.add(session('ann', 'elsewhere'))
  const ended = once(node.client, 'end')
  node.client.disconnect()
  await ended
  node.remove(session('ann', 'leaves'))
  t.same(await node.add(session('ann', 'arrives')), [])
  await node.client.connect()
  t.same(await node.renew(), [], 'three: the one that left does not count')
  t.same(await other.add(session('ann', 'more')), [session('ann', 'stays')])
})
