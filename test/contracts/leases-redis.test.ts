import { once } from 'node:events'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { createRedisLeases } from '../../src/adapters/leases-redis.js'
import { createRedisClient, untilReady } from '../../src/adapters/redis-client.js'
import type { Leases } from '../../src/ports/leases.js'
import { until } from '../helpers/clients.js'
import { accessTo, startRedis } from '../helpers/redis.js'
import { silent, uniqueId } from '../helpers/stores.js'
import { leasesContract } from './leases.js'

/** Longer than any test: such a node never lapses. */
const LONG_MS = 600_000
/** Such a node lapses while one looks. */
const SHORT_MS = 50

interface LeasedNode extends Leases {
  readonly client: Redis
}

async function createNode(t: Test, url: string, leaseMs = LONG_MS): Promise<LeasedNode> {
  const client = createRedisClient(accessTo(url), 'leases', silent)
  t.teardown(() => client.disconnect())
  await untilReady(client, 10_000)
  return { client, ...createRedisLeases(client, uniqueId('node'), leaseMs) }
}

/** Lets time pass until the users' leases have lapsed. */
async function lapse(node: Leases, users: readonly string[]): Promise<void> {
  await until(async () => (await node.held(users)).size === 0, 'the leases lapse')
}

t.test('the contract', async (t) => {
  const redis = await startRedis(t)
  const flusher = new Redis(redis.url)
  t.teardown(() => flusher.disconnect())
  leasesContract(t, async (t) => {
    await flusher.flushall()
    return await createNode(t, redis.url)
  })
})

t.test('of two nodes each answers only what changes for the cluster', async (t) => {
  const { url } = await startRedis(t)
  const [one, two] = [await createNode(t, url), await createNode(t, url)]
  t.same(await one.hold(['ann', 'bob']), ['ann', 'bob'])
  t.same(await two.hold(['bob', 'cem']), ['cem'])
  for (const node of [one, two])
    t.strictSame(await node.held(['ann', 'bob', 'cem', 'dan']), new Set(['ann', 'bob', 'cem']))
  t.same(await one.release(['ann', 'bob']), ['ann'])
  t.same(await one.release(['cem']), [], 'it is not for one node to release what another holds')
  t.same(await two.release(['bob', 'cem']), ['bob', 'cem'])
})

t.test('of nodes that hold or release one user at once, exactly one is answered', async (t) => {
  const { url } = await startRedis(t)
  const nodes = await Promise.all(Array.from({ length: 6 }, () => createNode(t, url)))
  t.same((await Promise.all(nodes.map((node) => node.hold(['ann'])))).flat(), ['ann'])
  t.same((await Promise.all(nodes.map((node) => node.release(['ann'])))).flat(), ['ann'])
})

t.test('a dead node: its users are answered to exactly one of those that renew', async (t) => {
  const { url } = await startRedis(t)
  const survivors = await Promise.all(Array.from({ length: 6 }, () => createNode(t, url)))
  const renewAll = async () => (await Promise.all(survivors.map((node) => node.renew()))).flat()
  t.same(await renewAll(), [])
  const dying = await createNode(t, url, SHORT_MS)
  const users = Array.from({ length: 50 }, (_, n) => `user-${n}`)
  await dying.hold([...users, 'elsewhere too'])
  await survivors[0]?.hold(['elsewhere too'])

  const answered: string[] = []
  await until(async () => answered.push(...(await renewAll())) > 0, 'the users of the dead node are answered')
  for (let round = 0; round < 3; round += 1) answered.push(...(await renewAll()))
  t.same(answered.sort(), users.sort())
  t.strictSame(await survivors[1]?.held([...users, 'elsewhere too']), new Set(['elsewhere too']))
})

t.test('the users of a lapsed node are not held, and come online where they arrive', async (t) => {
  const { url } = await startRedis(t)
  const survivor = await createNode(t, url)
  await survivor.renew()
  const dying = await createNode(t, url, SHORT_MS)
  await dying.hold(['ann', 'bob'])
  await lapse(survivor, ['ann', 'bob'])
  t.same(await survivor.hold(['ann']), ['ann'])
  t.same(await survivor.renew(), ['bob'], 'ann came back before anybody was told that she went')
})

t.test('a node that renews in time never lapses', async (t) => {
  const { url } = await startRedis(t)
  const [one, two] = [await createNode(t, url, 2_000), await createNode(t, url, 2_000)]
  await one.hold(['ann'])
  await two.hold(['bob'])
  const end = performance.now() + 3_000
  const answered: string[] = []
  while (performance.now() < end) answered.push(...(await one.renew()), ...(await two.renew()))
  t.same(answered, [])
  t.strictSame(await one.held(['ann', 'bob']), new Set(['ann', 'bob']))
})

t.test('who was away as long as the others judges nobody: it may be the store that was away', async (t) => {
  const { url } = await startRedis(t)
  const [one, two] = [await createNode(t, url, SHORT_MS), await createNode(t, url, 1_000)]
  await one.hold(['ann'])
  await two.hold(['bob'])
  // Nobody renews for longer than both leases, as in a long failover.
  await lapse(one, ['ann', 'bob'])
  t.same(await two.renew(), [], 'two has only just come back itself')
  t.strictSame(await two.held(['ann', 'bob']), new Set(['ann', 'bob']), 'it gives the others one more lease')

  const answered: string[] = []
  await until(async () => answered.push(...(await two.renew())) > 0, 'the one that stays away is judged')
  t.same(answered, ['ann'])
})

t.test('an emptied store is filled again by the next renewal of each node', async (t) => {
  const { url } = await startRedis(t)
  const [one, two] = [await createNode(t, url), await createNode(t, url)]
  const users = Array.from({ length: 1_200 }, (_, n) => `user-${n}`)
  await one.hold(users)
  await two.hold(['bob'])
  await one.client.flushall()
  t.strictSame(await two.held([...users, 'bob']), new Set())
  t.same(await one.renew(), [])
  t.strictSame(await two.held([...users, 'bob']), new Set(users))
  t.same(await two.renew(), [])
  t.strictSame(await two.held(['user-0', 'bob']), new Set(['user-0', 'bob']))
})

t.test('while Redis is away every method rejects, and soon', async (t) => {
  const redis = await startRedis(t)
  const node = await createNode(t, redis.url)
  await node.hold(['ann'])
  await redis.stop()
  await until(() => node.client.status !== 'ready', 'the client knows')
  await t.rejects(node.hold(['bob']))
  await t.rejects(node.release(['ann']))
  await t.rejects(node.held(['ann']))
  await t.rejects(node.renew())
})

t.test('what could not be written while Redis was away is written by the next renewal', async (t) => {
  const { url } = await startRedis(t)
  const [node, other] = [await createNode(t, url), await createNode(t, url)]
  await node.hold(['stays', 'leaves'])
  const ended = once(node.client, 'end')
  node.client.disconnect()
  await ended
  await t.rejects(node.release(['leaves']))
  await t.rejects(node.hold(['arrives']))
  await node.client.connect()
  t.strictSame(await other.held(['stays', 'leaves', 'arrives']), new Set(['stays', 'leaves']))
  t.same(await node.renew(), [])
  t.strictSame(await other.held(['stays', 'leaves', 'arrives']), new Set(['stays', 'arrives']))
})
