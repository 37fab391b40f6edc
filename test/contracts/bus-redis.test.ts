import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { createRedisBus } from '../../src/adapters/bus-redis.js'
import { createRedisClient, untilReady } from '../../src/adapters/redis-client.js'
import type { Bus } from '../../src/ports/bus.js'
import { until } from '../helpers/clients.js'
import { accessTo, type RedisServer, startRedis } from '../helpers/redis.js'
import { silent } from '../helpers/stores.js'
import { busContract, countGaps, type Gaps, type Inbox, listen } from './bus.js'

interface RedisNode extends Gaps {
  readonly bus: Bus
  readonly inbox: Inbox
  readonly subscriber: Redis
}

async function createNode(t: Test, url: string, patienceMs = 10_000): Promise<RedisNode> {
  const publisher = createRedisClient(accessTo(url), 'publisher', silent)
  const subscriber = createRedisClient(accessTo(url), 'subscriber', silent)
  await Promise.all([untilReady(publisher, patienceMs), untilReady(subscriber, patienceMs)])
  const bus = createRedisBus(publisher, subscriber)
  t.teardown(async () => await bus.close())
  return {
    bus,
    inbox: listen(bus),
    subscriber,
    ...countGaps(bus),
  }
}

/** Stops Redis, and waits until the node knows. */
async function lose(redis: RedisServer, ...nodes: RedisNode[]): Promise<void> {
  await redis.stop()
  await until(() => nodes.every(({ bus }) => !bus.up), 'the bus is down')
}

const isUp = (...nodes: RedisNode[]) => until(() => nodes.every(({ bus }) => bus.up), 'the bus is up')

t.test('the contract', async (t) => {
  const redis = await startRedis(t)
  busContract(t, async (t) => (await createNode(t, redis.url)).bus)
})

t.test('two nodes on one Redis deliver to each other, each in order', async (t) => {
  const redis = await startRedis(t)
  const [ann, bob] = [await createNode(t, redis.url), await createNode(t, redis.url)]
  await Promise.all([ann.bus.subscribe('chat:1'), bob.bus.subscribe('chat:1'), bob.bus.subscribe('chat:2')])
  const numbers = Array.from({ length: 500 }, (_, n) => n)
  for (const n of numbers) {
    ann.bus.publish('chat:1', `ann ${n}`)
    bob.bus.publish('chat:1', `bob ${n}`)
  }
  ann.bus.publish('chat:2', 'for bob alone')
  await bob.inbox.received('chat:2', 'for bob alone')
  for (const { inbox } of [ann, bob]) {
    await Promise.all([inbox.received('chat:1', 'ann 499'), inbox.received('chat:1', 'bob 499')])
    for (const who of ['ann', 'bob'])
      t.same(
        inbox.on('chat:1').filter((payload) => payload.startsWith(who)),
        numbers.map((n) => `${who} ${n}`),
      )
  }
  t.same(ann.inbox.on('chat:2'), [])
  t.equal(ann.gaps() + bob.gaps(), 0)
})

t.test('Redis lost and back: `up` says so, and one gap is told when the subscriptions stand', async (t) => {
  const redis = await startRedis(t)
  const [ann, bob] = [await createNode(t, redis.url), await createNode(t, redis.url)]
  const own = { ann: 'only ann', bob: 'only bob' }
  for (const [node, channel] of [
    [ann, own.ann],
    [bob, own.bob],
  ] as const)
    await Promise.all([node.bus.subscribe('chat:1'), node.bus.subscribe(channel)])
  await lose(redis, ann, bob)
  t.equal(ann.gaps(), 0)

  /** A subscription that does not stand when the gap is told would miss what comes next for good. */
  const standsAtGap = async ({ nextGap }: RedisNode, channel: string) => {
    await nextGap()
    return await subscribers(redis, channel)
  }
  const told = Promise.all([standsAtGap(ann, own.ann), standsAtGap(bob, own.bob)])
  await redis.start()
  t.same(await told, [1, 1])
  await isUp(ann, bob)
  ann.bus.publish('chat:1', 'hello again')
  await Promise.all([
    ann.inbox.received('chat:1', 'hello again'),
    bob.inbox.received('chat:1', 'hello again'),
  ])
  t.same(ann.inbox.on('chat:1'), ['hello again'])
  t.equal(ann.gaps(), 1)
  t.equal(bob.gaps(), 1)
})

t.test('a gap for each return, never for the first connection', async (t) => {
  const redis = await startRedis(t)
  const node = await createNode(t, redis.url)
  await node.bus.subscribe('chat:1')
  t.equal(node.gaps(), 0)
  for (const expected of [1, 2, 3]) {
    await lose(redis, node)
    const gap = node.nextGap()
    await redis.start()
    await gap
    t.equal(node.gaps(), expected)
  }
})

t.test('while Redis is away a publish reaches this node alone, in order, and never throws', async (t) => {
  const redis = await startRedis(t)
  const [ann, bob] = [await createNode(t, redis.url), await createNode(t, redis.url)]
  await Promise.all([ann.bus.subscribe('chat:1'), bob.bus.subscribe('chat:1')])
  await lose(redis, ann, bob)
  for (const payload of ['one', 'two', 'three']) ann.bus.publish('chat:1', payload)
  ann.bus.publish('chat:2', 'nobody here listens')
  await ann.inbox.received('chat:1', 'three')
  t.same(ann.inbox.on('chat:1'), ['one', 'two', 'three'])

  const gaps = Promise.all([ann.nextGap(), bob.nextGap()])
  await redis.start()
  await gaps
  await isUp(ann, bob)
  ann.bus.publish('chat:1', 'four')
  await Promise.all([ann.inbox.received('chat:1', 'four'), bob.inbox.received('chat:1', 'four')])
  t.same(ann.inbox.on('chat:1'), ['one', 'two', 'three', 'four'], 'nothing is sent again')
  t.same(bob.inbox.on('chat:1'), ['four'])
  t.same(ann.inbox.on('chat:2'), [])
})

t.test('what is subscribed and unsubscribed while Redis is away counts on its return', async (t) => {
  const redis = await startRedis(t)
  const node = await createNode(t, redis.url)
  await Promise.all([node.bus.subscribe('kept'), node.bus.subscribe('dropped')])
  await lose(redis, node)
  node.bus.unsubscribe('dropped')
  await node.bus.subscribe('new')
  node.bus.publish('new', 'local')
  await node.inbox.received('new', 'local')

  const gap = node.nextGap()
  await redis.start()
  await gap
  for (const [channel, count] of [
    ['kept', 1],
    ['new', 1],
    ['dropped', 0],
  ] as const)
    t.equal(await subscribers(redis, channel), count, channel)
})

t.test('a node that starts without Redis has its subscriptions when Redis comes', async (t) => {
  const redis = await startRedis(t)
  await redis.stop()
  const node = await createNode(t, redis.url, 1)
  t.equal(node.bus.up, false)
  await node.bus.subscribe('chat:1')
  const gap = node.nextGap()
  await redis.start()
  await gap
  await isUp(node)
  node.bus.publish('chat:1', 'hello')
  await node.inbox.received('chat:1', 'hello')
  t.same(node.inbox.on('chat:1'), ['hello'])
})

t.test('2,000 channels stand again after a return, each once', async (t) => {
  const redis = await startRedis(t)
  const node = await createNode(t, redis.url)
  const channels = Array.from({ length: 2_000 }, (_, n) => `chat:${n}`)
  await Promise.all(channels.map((channel) => node.bus.subscribe(channel)))
  await lose(redis, node)
  const gap = node.nextGap()
  await redis.start()
  await gap
  await isUp(node)
  for (const channel of channels) node.bus.publish(channel, 'hello')
  await Promise.all(channels.map((channel) => node.inbox.received(channel, 'hello')))
  t.equal(node.inbox.deliveries.length, channels.length)
  t.equal(node.gaps(), 1)
})

t.test('what changes while the channels are being subscribed again is not forgotten', async (t) => {
  const redis = await startRedis(t)
  const node = await createNode(t, redis.url)
  const channels = Array.from({ length: 2_000 }, (_, n) => `chat:${n}`)
  await Promise.all(channels.map((channel) => node.bus.subscribe(channel)))
  await lose(redis, node)
  // In the very turn in which the bus begins to subscribe anew: its own listener comes before this one.
  let isUpThen = true
  node.subscriber.once('ready', () => {
    isUpThen = node.bus.up
    node.bus.unsubscribe('chat:1')
    void node.bus.subscribe('late')
  })
  const gap = node.nextGap()
  await redis.start()
  await gap
  t.equal(isUpThen, false)
  // Behind whatever the return has still sent on that connection.
  await node.bus.subscribe('mark')
  for (const [channel, count] of [
    ['late', 1],
    ['chat:1', 0],
    ['chat:2', 1],
  ] as const)
    t.equal(await subscribers(redis, channel), count, channel)
})

t.test('a Redis that is there and does not answer is away', async (t) => {
  const redis = await startRedis(t)
  const node = await createNode(t, redis.url)
  await node.bus.subscribe('chat:1')
  process.kill(redis.pid, 'SIGSTOP')
  await until(() => !node.bus.up, 'the silence is noticed')
  node.bus.publish('chat:1', 'local')
  await node.inbox.received('chat:1', 'local')
  const gap = node.nextGap()
  process.kill(redis.pid, 'SIGCONT')
  await gap
  await isUp(node)
  node.bus.publish('chat:1', 'hello again')
  await node.inbox.received('chat:1', 'hello again')
  t.equal(node.gaps(), 1)
})

t.test('with the publishing connection alone lost the node keeps its own messages to itself', async (t) => {
  const redis = await startRedis(t)
  const node = await createNode(t, redis.url)
  await node.bus.subscribe('chat:1')
  const probe = new Redis(redis.url)
  t.teardown(() => probe.disconnect())
  const clients = z.string().parse(await probe.client('LIST'))
  const id = /^id=(\d+).*name=parley-publisher/m.exec(clients)?.[1] ?? ''
  await probe.client('KILL', 'ID', id)
  await until(() => !node.bus.up, 'the bus is down')
  node.bus.publish('chat:1', 'local')
  await isUp(node)
  node.bus.publish('chat:1', 'hello again')
  await node.inbox.received('chat:1', 'hello again')
  t.same(node.inbox.on('chat:1'), ['local', 'hello again'])
})

/** What Redis itself says. */
async function subscribers(redis: RedisServer, channel: string): Promise<unknown> {
  const probe = new Redis(redis.url)
  const [, count] = z.tuple([z.string(), z.number()]).parse(await probe.pubsub('NUMSUB', channel))
  probe.disconnect()
  return count
}
