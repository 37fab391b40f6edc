import t from 'tap'
import { z } from 'zod'
import { message } from '../../src/protocol/objects.js'
import {
  type AnyFrame,
  call,
  connectRaw,
  createChat,
  type RawClient,
  serviceToken,
  token,
} from '../helpers/clients.js'
import { nodeOf, startCluster } from '../helpers/cluster.js'

const EACH_WAY = 2000
/** Sends of one user that wait for their acks at once. */
const WINDOW = 32

const messagePush = z.object({ type: z.literal('message'), rev: z.number(), message })
const page = z.object({ data: z.array(message), pagination: z.object({ total: z.number() }) })

t.test('two users on two nodes see the same messages in the same order', async (t) => {
  const cluster = await startCluster(t, 2)
  const [here, there] = [nodeOf(cluster, 0), nodeOf(cluster, 1)]
  const chatId = await createChat(here, ['ann', 'bob'])
  const ann = await connectRaw(t, here, token('ann', 'Ann Lee'))
  const bob = await connectRaw(t, there, token('bob', 'Bob Ray'))
  await Promise.all([ann.ask({ type: 'join', chatId }), bob.ask({ type: 'join', chatId })])

  await Promise.all([sendMany(ann, chatId, 'ann'), sendMany(bob, chatId, 'bob')])
  const last = (frame: AnyFrame) => frame.type === 'message' && frame.rev === 2 * EACH_WAY
  await Promise.all([ann.next(last), bob.next(last)])

  const seen = [received(ann), received(bob)] as const
  t.strictSame(
    seen[0].map(({ rev }) => rev),
    Array.from({ length: 2 * EACH_WAY }, (_, index) => index + 1),
    'every event once, in order, without a hole',
  )
  t.strictSame(seen[1], seen[0], 'both see the same')
  t.strictSame(
    seen[0].map(({ message }) => message.seq),
    seen[0].map(({ rev }) => rev),
    'messages are numbered in the order of their events',
  )

  const history: z.infer<typeof message>[] = []
  for (let number = 1; history.length < 2 * EACH_WAY; number++) {
    const answer = await call(
      here,
      token('ann', 'Ann Lee'),
      'GET',
      `/chats/${chatId}/messages?page=${number}&limit=100`,
    )
    const { data, pagination } = page.parse(answer.body)
    t.equal(pagination.total, 2 * EACH_WAY)
    if (data.length === 0) break
    history.push(...data)
  }
  t.strictSame(
    history.reverse(),
    seen[0].map(({ message }) => message),
    'the pages of the history add up to exactly what was pushed',
  )
})

t.test('who comes and goes is told across nodes, and a node that dies takes its users offline', async (t) => {
  const cluster = await startCluster(t, 2, { PARLEY_LEASE_MS: '1500', PARLEY_OFFLINE_HOLD_MS: '300' })
  const [here, there] = [nodeOf(cluster, 0), nodeOf(cluster, 1)]
  const chatId = await createChat(here, ['ann', 'bob', 'cid'])
  const ann = await connectRaw(t, here, token('ann', 'Ann Lee'))
  await ann.ask({ type: 'join', chatId })

  const bob = await connectRaw(t, there, token('bob', 'Bob Ray'))
  await ann.next((frame) => frame.type === 'presence' && frame.userId === 'bob' && frame.online === true)
  const { members } = z
    .object({ members: z.array(z.object({ userId: z.string(), online: z.boolean() })) })
    .parse(await bob.ask({ type: 'join', chatId }))
  t.strictSame(
    members.map(({ userId, online }) => [userId, online]),
    [
      ['ann', true],
      ['bob', true],
      ['cid', false],
    ],
  )
  const joined = await ann.next((frame) => frame.type === 'user_joined')
  t.match(joined, { chatId, userId: 'bob', fullName: 'Bob Ray' })

  // A second session of the same user on the other node: nobody hears of it.
  const second = await connectRaw(t, here, token('bob', 'Bob Ray'))
  await second.ask({ type: 'join', chatId })
  await second.close()

  bob.send({ type: 'typing', chatId, active: true })
  await ann.next((frame) => frame.type === 'typing' && frame.userId === 'bob' && frame.active === true)
  await there.kill9()
  await ann.next((frame) => frame.type === 'typing' && frame.userId === 'bob' && frame.active === false)
  await ann.next((frame) => frame.type === 'user_left' && frame.userId === 'bob')
  const offline = await ann.next((frame) => frame.type === 'presence' && frame.online === false)
  t.match(offline, { chatId, userId: 'bob', lastSeen: String })
  t.equal(ann.frames.filter((frame) => frame.type === 'user_joined').length, 1, 'one user has joined, once')
  t.equal(ann.frames.filter((frame) => frame.type === 'user_left').length, 1)
})

t.test('who has joined elsewhere is known again after a chat was out of use here', async (t) => {
  const cluster = await startCluster(t, 2)
  const [here, there] = [nodeOf(cluster, 0), nodeOf(cluster, 1)]
  const chatId = await createChat(here, ['ann', 'bob'])
  const ann = await connectRaw(t, there, token('ann', 'Ann Lee'))
  await ann.ask({ type: 'join', chatId })
  const bob = await connectRaw(t, here, token('bob', 'Bob Ray'))
  for (const round of [1, 2]) {
    await bob.ask({ type: 'join', chatId })
    await ann.next(() => ann.frames.filter(({ type }) => type === 'user_joined').length === round)
    if (round === 2) break
    await bob.ask({ type: 'leave', chatId })
    await ann.next(({ type }) => type === 'user_left')
  }
  // Typing travels behind what ann's node has answered to bob's joining.
  ann.send({ type: 'typing', chatId, active: true })
  await bob.next(({ type }) => type === 'typing')
  await ann.ask({ type: 'leave', chatId })
  t.match(await bob.next(({ type }) => type === 'user_left'), { chatId, userId: 'ann' })
})

t.test('a removal and a closing take effect on every node', async (t) => {
  const cluster = await startCluster(t, 2)
  const [here, there] = [nodeOf(cluster, 0), nodeOf(cluster, 1)]
  const chatId = await createChat(here, ['ann', 'bob'])
  const ann = await connectRaw(t, here, token('ann', 'Ann Lee'))
  const bob = await connectRaw(t, there, token('bob', 'Bob Ray'))
  await Promise.all([ann.ask({ type: 'join', chatId }), bob.ask({ type: 'join', chatId })])

  t.equal((await call(here, serviceToken(), 'DELETE', `/chats/${chatId}/members/bob`)).status, 200)
  await bob.next((frame) => frame.type === 'removed' && frame.chatId === chatId)
  const { rev } = await ann.ask({ type: 'send', chatId, content: 'without bob' })
  await ann.next((frame) => frame.type === 'message' && frame.rev === rev)
  t.match(await bob.request({ type: 'send', chatId, content: 'let me in' }), {
    type: 'error',
    code: 'not_a_member',
  })
  t.notOk(
    bob.frames.some((frame) => frame.type === 'message' || frame.type === 'chat_updated'),
    'one who was removed is sent nothing more of the chat',
  )
  t.equal(bob.frames.filter(({ type }) => type === 'removed').length, 1)
  t.match(await bob.request({ type: 'join', chatId }), { type: 'error', code: 'not_a_member' })
  t.match(await bob.closed, { code: 4403 })

  t.equal((await call(there, serviceToken(), 'POST', `/chats/${chatId}/close`)).status, 200)
  await ann.next((frame) => frame.type === 'chat_updated' && frame.rev === 3)
  t.match(await ann.request({ type: 'send', chatId, content: 'too late' }), {
    type: 'error',
    code: 'chat_closed',
  })
})

t.test('one who joins while others write misses nothing and gets nothing twice', async (t) => {
  const cluster = await startCluster(t, 2)
  const [here, there] = [nodeOf(cluster, 0), nodeOf(cluster, 1)]
  const chatId = await createChat(here, ['ann', 'bob'])
  const ann = await connectRaw(t, here, token('ann', 'Ann Lee'))
  await ann.ask({ type: 'join', chatId })
  const writing = sendMany(ann, chatId, 'ann')

  const observed: RawClient[] = []
  for (let round = 0; round < 20; round++) {
    const bob = await connectRaw(t, round % 2 === 0 ? there : here, token('bob', 'Bob Ray'))
    // From the beginning: the snapshot, however many answers it takes, and the pushes are one stream.
    let afterRev = 0
    for (;;) {
      const data = joinData.parse(await bob.ask({ type: 'join', chatId, afterRev }))
      afterRev = data.rev
      if (data.complete) break
    }
    observed.push(bob)
  }
  await writing
  for (const bob of observed) {
    await bob.next((frame) =>
      frame.type === 'reply'
        ? joinData.parse(frame.data).rev === EACH_WAY
        : frame.type === 'message' && frame.rev === EACH_WAY,
    )
    const revs: number[] = []
    for (const frame of bob.frames) {
      if (frame.type === 'message') revs.push(messagePush.parse(frame).rev)
      if (frame.type === 'reply')
        revs.push(...joinData.parse(frame.data).messages.map((message) => message.rev))
    }
    t.strictSame(
      revs,
      Array.from({ length: EACH_WAY }, (_, index) => index + 1),
    )
  }
})

t.test('what Redis loses is read from Postgres, and nobody notices but by the time it takes', async (t) => {
  const cluster = await startCluster(t, 2)
  const [here, there] = [nodeOf(cluster, 0), nodeOf(cluster, 1)]
  const chatId = await createChat(here, ['ann', 'bob'])
  const ann = await connectRaw(t, here, token('ann', 'Ann Lee'))
  const bob = await connectRaw(t, there, token('bob', 'Bob Ray'))
  await Promise.all([ann.ask({ type: 'join', chatId }), bob.ask({ type: 'join', chatId })])
  const say = async (count: number) => {
    for (let n = 0; n < count; n++) await ann.ask({ type: 'send', chatId, content: `message ${n}` })
  }

  await say(5)
  await cluster.redis.stop()
  await say(20)
  await bob.next((frame) => frame.type === 'message' && frame.rev === 25)
  const late = await connectRaw(t, there, token('bob', 'Bob Ray'))
  t.match(await late.ask({ type: 'join', chatId }), { rev: 25, complete: true }, 'a join does not need Redis')
  await cluster.redis.start()
  await say(5)
  await Promise.all(
    [bob, late].map((client) => client.next(({ type, rev }) => type === 'message' && rev === 30)),
  )
  t.strictSame(
    received(bob).map(({ rev }) => rev),
    Array.from({ length: 30 }, (_, index) => index + 1),
  )
})

const joinData = z.object({ rev: z.number(), complete: z.boolean(), messages: z.array(message) })

async function sendMany(client: RawClient, chatId: string, name: string): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < EACH_WAY) {
      const number = next++
      await client.ask({ type: 'send', chatId, clientId: `${name}-${number}`, content: `${name} ${number}` })
    }
  }
  await Promise.all(Array.from({ length: WINDOW }, worker))
}

function received(client: RawClient): { rev: number; message: z.infer<typeof message> }[] {
  return client.frames
    .filter((frame) => frame.type === 'message')
    .map((frame) => {
      const { rev, message } = messagePush.parse(frame)
      return { rev, message }
    })
}
