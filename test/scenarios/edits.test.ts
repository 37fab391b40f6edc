import t, { type Test } from 'tap'
import { z } from 'zod'
import { message } from '../../src/protocol/objects.js'
import { call, createChat, type RawClient, serviceToken } from '../helpers/clients.js'
import { type Cluster, nodeOf, startCluster } from '../helpers/cluster.js'
import { edit, erase, joinChat, say, sessionOf } from '../helpers/frames.js'

const event = z.object({
  type: z.enum(['message', 'message_edited', 'message_deleted']),
  rev: z.number(),
  message: message.strict(),
})
type Event = z.infer<typeof event>

/** The events of the chat that a session has been pushed, in the order of their arrival. */
function eventsOf(client: RawClient): Event[] {
  return client.frames
    .filter(({ type }) => event.shape.type.safeParse(type).success)
    .map((one) => event.parse(one))
}

/** Two users, each on a node of its own, who have joined the same chat. */
async function twoNodes(t: Test) {
  const cluster = await startCluster(t, 2)
  const [here, there] = [nodeOf(cluster, 0), nodeOf(cluster, 1)]
  const chatId = await createChat(here, ['ann', 'bob'])
  const [ann, bob] = await Promise.all([sessionOf(t, here, 'ann'), sessionOf(t, there, 'bob')])
  await Promise.all([joinChat(ann, chatId), joinChat(bob, chatId)])
  return { cluster, chatId, ann, bob }
}

/** What a client shows that has applied the events in their order. */
function shownBy(events: readonly Event[]): Event['message'][] {
  const shown = new Map<number, Event['message']>()
  for (const { message } of events) shown.set(message.seq, message)
  return [...shown.values()].sort((a, b) => b.seq - a.seq)
}

async function history(cluster: Cluster, chatId: string): Promise<Event['message'][]> {
  const path = `/chats/${chatId}/messages?limit=100`
  const { body } = await call(nodeOf(cluster, 0), serviceToken(), 'GET', path)
  return z.array(message.strict()).parse(body.data)
}

const upTo = (rev: number) => Array.from({ length: rev }, (_, index) => index + 1)
const reached = (client: RawClient, rev: number) =>
  client.next((one) => one.rev === rev && one.type !== 'reply')

t.test('edits, deletions and sends of two nodes at once are one order for both', async (t) => {
  const { cluster, chatId, ann, bob } = await twoNodes(t)
  const own = { ann: [1, 3, 5, 7], bob: [2, 4, 6, 8] }
  for (let n = 0; n < 4; n++) {
    await say(ann, chatId, 'of ann')
    await say(bob, chatId, 'of bob')
  }
  const busy = async (client: RawClient, seqs: readonly number[]) => {
    const [first, ...others] = seqs
    for (let round = 0; round < 25; round++)
      await Promise.all([
        ...others.map((seq) => edit(client, chatId, seq, `round ${round}`)),
        say(client, chatId, `round ${round}`),
      ])
    if (first !== undefined) await erase(client, chatId, first)
  }
  await Promise.all([busy(ann, own.ann), busy(bob, own.bob)])
  const last = 8 + 2 * (25 * 4 + 1)
  await Promise.all([reached(ann, last), reached(bob, last)])
  const seen = eventsOf(ann)
  t.same(
    seen.map(({ rev }) => rev),
    upTo(last),
    'each once, in order, without a hole',
  )
  // One who was told late was told the message as it was by then: the events are the same, not every word of them.
  const order = (events: readonly Event[]) => events.map(({ type, rev, message }) => [rev, type, message.seq])
  t.strictSame(order(eventsOf(bob)), order(seen), 'both see the same')
  for (const client of [ann, bob]) t.strictSame(shownBy(eventsOf(client)), await history(cluster, chatId))
})

t.test('edits of which Redis has told nothing are read from Postgres, those edited again too', async (t) => {
  const { cluster, chatId, ann, bob } = await twoNodes(t)
  for (const content of ['one', 'two', 'three']) await say(ann, chatId, content)
  await reached(bob, 3)
  await cluster.redis.stop()
  const types: Event['type'][] = ['message', 'message', 'message']
  const expectNext = (type: Event['type'], rev: number) => {
    types.push(type)
    t.equal(rev, types.length)
  }
  for (let round = 1; round <= 4; round++) {
    expectNext('message_edited', await edit(ann, chatId, 1, `one, ${round}`))
    expectNext('message_edited', await edit(ann, chatId, 2, `two, ${round}`))
    expectNext('message', (await say(ann, chatId, `more, ${round}`)).rev)
  }
  expectNext('message_deleted', await erase(ann, chatId, 2))
  expectNext('message_edited', await edit(ann, chatId, 1, 'one, at last'))
  await reached(bob, types.length)
  const seen = eventsOf(bob)
  t.same(
    seen.map(({ type, rev }) => ({ type, rev })),
    types.map((type, index) => ({ type, rev: index + 1 })),
    'each once, in order, without a hole',
  )
  t.ok(
    seen.every(({ rev, message }) => message.rev >= rev),
    'a message as it was then, or later',
  )
  t.strictSame(shownBy(seen), await history(cluster, chatId))
  t.match(shownBy(seen).slice(-2), [
    { content: '', deletedAt: /Z$/ },
    { content: 'one, at last', deletedAt: null },
  ])
})
