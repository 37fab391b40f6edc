import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { connectRaw, connectSocketIo, createChat, type RawClient, token, until } from '../helpers/clients.js'
import { nodeOf, startCluster } from '../helpers/cluster.js'
import { eventOf, joinChat, messagePush, nameOf, say, sessionOf } from '../helpers/frames.js'

const MOST = 3

const cluster = await startCluster(t, 2, {
  PARLEY_SESSIONS_PER_USER: String(MOST),
  PARLEY_LEASE_MS: '1500',
})
const redis = new Redis(cluster.redis.url, { retryStrategy: () => 50 })
redis.on('error', () => {})
t.teardown(() => redis.disconnect())

// Somebody on each node whom none of it concerns: they hear of each other to the end.
const witnessed = await createChat(nodeOf(cluster, 0), ['wit', 'nes'])
const wit = await sessionOf(t, nodeOf(cluster, 0), 'wit')
const nes = await sessionOf(t, nodeOf(cluster, 1), 'nes')
for (const one of [wit, nes]) await joinChat(one, witnessed)
async function witnessesHear(content: string): Promise<void> {
  await say(wit, witnessed, content)
  await messagePush(nes, content)
}

interface Watched {
  readonly client: RawClient
  /** Why it was closed; undefined while it is open. */
  code(): number | undefined
}

async function open(t: Test, node: number, userId: string): Promise<Watched> {
  const client = await connectRaw(t, nodeOf(cluster, node), token(userId, nameOf(userId)))
  let code: number | undefined
  void client.closed.then((closed) => {
    code = closed.code
  })
  await client.next(({ type }) => type === 'hello')
  return { client, code: () => code }
}

/** Waits until exactly these are closed, with 4429, and the others answer. */
async function areClosed(
  t: Test,
  all: readonly Watched[],
  isMeant: (one: Watched, index: number) => boolean,
): Promise<void> {
  const meant = all.filter(isMeant)
  await until(() => meant.every((one) => one.code() !== undefined), 'those that are too many are closed')
  for (const one of meant) t.equal(one.code(), 4429)
  for (const one of all)
    if (!meant.includes(one)) t.match(await one.client.request({ type: 'ping' }), { type: 'reply' })
}

t.test('the oldest makes way, whichever node it is on, and whichever door', async (t) => {
  const oldest = connectSocketIo(t, nodeOf(cluster, 0), token('ann', nameOf('ann')))
  await eventOf(oldest, 'hello')
  const ended = eventOf(oldest, 'disconnect')
  const all: Watched[] = []
  for (const node of [0, 1, 1]) all.push(await open(t, node, 'ann'))
  t.equal(await ended, 'io server disconnect', 'it is not to come back by itself')
  await areClosed(t, all, () => false)
  for (const node of [1, 0]) all.push(await open(t, node, 'ann'))
  await areClosed(t, all, (_one, index) => index < 2)
})

t.test('of many that connect at once so many stay', async (t) => {
  const all = await Promise.all(Array.from({ length: 24 }, (_, n) => open(t, n % 2, 'bob')))
  const isClosed = (one: Watched) => one.code() !== undefined
  await until(() => all.filter(isClosed).length === all.length - MOST, 'the others are closed')
  await areClosed(t, all, isClosed)
})

t.test('a Redis that was emptied is told again', async (t) => {
  const all = [await open(t, 0, 'cem'), await open(t, 1, 'cem'), await open(t, 1, 'cem')]
  await redis.flushall()
  all.push(await open(t, 0, 'cem'))
  await areClosed(t, all, (_one, index) => index === 0)
  await witnessesHear('after the emptying')
})

t.test('while Redis is away each node counts its own, and all of them when it is back', async (t) => {
  const all = [await open(t, 0, 'dan'), await open(t, 0, 'dan'), await open(t, 1, 'dan')]
  await cluster.redis.stop()
  all.push(await open(t, 0, 'dan'), await open(t, 0, 'dan'))
  await areClosed(t, all, (_one, index) => index === 0)
  await witnessesHear('while Redis is away')
  await cluster.redis.start()
  await areClosed(t, all, (_one, index) => index < all.length - MOST)
  await witnessesHear('when Redis is back')
})

t.test('the sessions of a node that died do not count when its lease has lapsed', async (t) => {
  const dying = [await open(t, 0, 'eve'), await open(t, 0, 'eve')]
  await nodeOf(cluster, 0).kill9()
  for (const { client } of dying) await client.closed
  await until(async () => (await redis.keys('{parley:sessions}:writing:*')).length === 1, 'the lease lapses')
  const left: Watched[] = []
  for (let n = 0; n < MOST + 1; n++) left.push(await open(t, 1, 'eve'))
  await areClosed(t, left, (_one, index) => index === 0)
})
