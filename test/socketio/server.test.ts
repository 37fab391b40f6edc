import type { Socket } from 'socket.io-client'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { joinData, replies } from '../../src/protocol/server-frames.js'
import { call, connectSocketIo, createChat, serviceToken, token } from '../helpers/clients.js'
import {
  contentOf,
  eventOf,
  joinChat,
  messagePush,
  nameOf,
  pushesOf,
  say,
  sessionOf,
  startTestNode,
} from '../helpers/frames.js'

const node = await startTestNode(t)
const shop = serviceToken()

interface Door {
  readonly socket: Socket
  /** Every event so far, but for `hello` and `chat activity`. */
  readonly events: { name: string; body: unknown }[]
  ask(event: string, payload?: object): Promise<unknown>
}

async function connect(t: Test, userId: string): Promise<Door> {
  const socket = connectSocketIo(t, node, token(userId, nameOf(userId)))
  const events: Door['events'] = []
  socket.onAny((name: string, body: unknown) => {
    if (name !== 'hello' && name !== 'chat activity') events.push({ name, body })
  })
  await eventOf(socket, 'connect')
  return { socket, events, ask: (event, payload = {}) => socket.timeout(20_000).emitWithAck(event, payload) }
}

const reply = z.strictObject({ type: z.literal('reply'), ref: z.null(), data: z.unknown() })

async function join({ ask }: Door, chatId: string, point: object = {}) {
  return joinData.strict().parse(reply.parse(await ask('join', { chatId, ...point })).data)
}

t.test('a session begins with hello', async (t) => {
  const socket = connectSocketIo(t, node, token('ann', nameOf('ann')))
  t.match(await eventOf(socket, 'hello'), {
    sessionId: /./,
    user: { id: 'ann', fullName: nameOf('ann') },
    serverTime: /Z$/,
    heartbeatMs: 25_000,
    limits: {},
  })
})

t.test('the acknowledgement is the reply or the error of the raw door', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const ann = await connect(t, 'ann')
  t.match(await join(ann, chatId), {
    chat: { id: chatId },
    messages: [],
    rev: 0,
    complete: true,
    mine: { role: 'customer' },
  })
  const sent = reply.parse(
    await ann.ask('chat message', { chatId, content: 'Hello', clientId: 'c-1', attachments: [] }),
  )
  t.match(replies.send.strict().parse(sent.data), { seq: 1, rev: 1 })
  t.match(await ann.ask('chat message', { chatId, content: 'Hello', clientId: 'c-1' }), {
    data: { seq: 1, duplicate: true },
  })
  t.same(await ann.ask('read', { chatId, seq: 1 }), {
    type: 'reply',
    ref: null,
    data: { lastReadSeq: 1, unread: 0 },
  })
  t.match(await ann.ask('ping'), { type: 'reply', data: { serverTime: /Z$/ } })
  t.match(await ann.socket.timeout(20_000).emitWithAck('ping'), { type: 'reply' }, 'without a payload')
  t.same(await ann.ask('leave', { chatId }), { type: 'reply', ref: null, data: {} })
  t.match(await ann.ask('ping', { ref: 'mine' }), { ref: 'mine' })
  t.same(
    ann.events.filter(({ name }) => name === 'parley error'),
    [],
  )
  for (const [event, payload, code] of [
    ['read', { chatId, seq: 2 }, 'bad_request'],
    ['read', { chatId: 'no-such-chat', seq: 0 }, 'not_a_member'],
    ['typing', { chatId: 'no-such-chat', active: true }, 'not_a_member'],
    ['chat message', { chatId: 'no-such-chat', content: 'x' }, 'not_a_member'],
    ['chat message', { chatId, content: 'x'.repeat(8193) }, 'too_large'],
  ] as const) {
    const error = z
      .strictObject({
        type: z.literal('error'),
        ref: z.null(),
        code: z.string(),
        message: z.string(),
        temporary: z.boolean(),
      })
      .parse(await ann.ask(event, payload))
    t.match(error, { code, temporary: false }, event)
  }
  t.ok(ann.socket.connected)
  t.same(
    ann.events.filter(({ name }) => name === 'parley error'),
    [],
    'an error goes to the callback alone',
  )
})

t.test('without a callback an error is the event parley error, and a reply is nothing', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const ann = await connect(t, 'ann')
  const error = eventOf(ann.socket, 'parley error')
  ann.socket.emit('read', { chatId, seq: 9, ref: 'r-1' })
  t.match(await error, { type: 'error', ref: 'r-1', code: 'bad_request', temporary: false, message: /./ })
  ann.socket.emit('read', { chatId, seq: 0 })
  await ann.ask('ping')
  t.same(
    ann.events.map(({ name }) => name),
    ['parley error'],
  )
})

t.test('a join that is refused: the error first, then the end', async (t) => {
  const eve = await connect(t, 'eve')
  const end = eventOf(eve.socket, 'disconnect')
  const answer = await eve.ask('join', { chatId: 'no-such-chat' })
  t.match(answer, { type: 'error', code: 'not_a_member' })
  t.equal(await end, 'io server disconnect')
})

t.test('the events of a chat have the names of the raw door, with spaces', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const ann = await connect(t, 'ann')
  await join(ann, chatId)
  const presence = eventOf(ann.socket, 'presence')
  const bob = await connect(t, 'bob')
  t.match(await presence, { chatId, userId: 'bob', online: true, lastSeen: null })
  await join(bob, chatId)
  t.match(await eventOrSeen(ann, 'user joined', 2), { chatId, userId: 'bob', fullName: nameOf('bob') })

  const typing = eventOf(ann.socket, 'typing')
  bob.socket.emit('typing', { chatId, active: true })
  t.same(await typing, { chatId, userId: 'bob', active: true })
  const noLonger = eventOf(ann.socket, 'typing')
  bob.socket.emit('typing', { chatId, active: false })
  t.same(await noLonger, { chatId, userId: 'bob', active: false })

  await ann.ask('chat message', { chatId, content: 'Hello' })
  const read = eventOf(ann.socket, 'read')
  await bob.ask('read', { chatId, seq: 1 })
  t.same(await read, { chatId, userId: 'bob', seq: 1 })

  const closed = eventOf(ann.socket, 'chat updated')
  await call(node, shop, 'POST', `/chats/${chatId}/close`)
  t.match(await closed, { rev: 2, chat: { id: chatId, closedAt: /Z$/ }, change: { type: 'closed' } })
  t.match(await ann.ask('chat message', { chatId, content: 'Too late' }), {
    type: 'error',
    code: 'chat_closed',
  })

  const left = eventOf(ann.socket, 'user left')
  await bob.ask('leave', { chatId })
  t.same(await left, { chatId, userId: 'bob' })
  const offline = eventOf(ann.socket, 'presence')
  bob.socket.close()
  t.match(await offline, { chatId, userId: 'bob', online: false, lastSeen: /Z$/ })

  const added = eventOf(ann.socket, 'chat added')
  const second = await createChat(node, ['ann'])
  t.match(await added, { chat: { id: second }, mine: { unread: 0 } })
  await join(ann, second)
  const removed = eventOf(ann.socket, 'removed')
  await call(node, shop, 'DELETE', `/chats/${second}/members/ann`)
  t.same(await removed, { chatId: second })
  const activity = eventOf(ann.socket, 'chat activity')
  await call(node, shop, 'POST', `/chats/${chatId}/reopen`)
  await call(node, shop, 'POST', `/chats/${chatId}/messages`, { content: 'from the shop' })
  t.match(await activity, { chatId, unread: 1, archivedAt: null, lastMessage: { content: /./ } })
})

/** The nth event of this name, whether it has come already or not. */
async function eventOrSeen({ socket, events }: Door, name: string, nth: number): Promise<unknown> {
  const seen = () => events.filter((event) => event.name === name)
  while (seen().length < nth) await eventOf(socket, name)
  return seen()[nth - 1]?.body
}

t.test('after a leave nothing comes any more', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = await Promise.all([connect(t, 'ann'), connect(t, 'bob')])
  await join(ann, chatId)
  await join(bob, chatId)
  await bob.ask('leave', { chatId })
  const heard = eventOf(ann.socket, 'message')
  await ann.ask('chat message', { chatId, content: 'anybody?' })
  await heard
  await bob.ask('ping')
  t.same(
    bob.events.filter(({ name }) => name === 'message'),
    [],
  )
})

t.test('a join tells all that was missed, as at the raw door', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const ann = await connect(t, 'ann')
  for (let n = 1; n <= 3; n++) await ann.ask('chat message', { chatId, content: `m${n}` })
  const bob = await connect(t, 'bob')
  const { epoch } = await join(bob, chatId)
  t.same(
    (await join(bob, chatId, { afterRev: 1, epoch })).messages.map(({ seq }) => seq),
    [2, 3],
  )
  t.match(await join(bob, chatId, { afterRev: 1, epoch: 'another' }), {
    reset: true,
    messages: [{ seq: 1 }, {}, {}],
  })
})

t.test('sessions of both doors meet in one chat, and see one order', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob', 'cat'])
  const raw = await sessionOf(t, node, 'ann')
  const [bob, cat] = await Promise.all([connect(t, 'bob'), connect(t, 'cat')])
  await joinChat(raw, chatId)
  await join(bob, chatId)
  await join(cat, chatId)
  t.match(await raw.next(({ type, userId }) => type === 'user_joined' && userId === 'cat'), {
    fullName: nameOf('cat'),
  })

  const each = 25
  await Promise.all(
    Array.from({ length: each }, (_, n) => [
      say(raw, chatId, `raw ${n}`),
      bob.ask('chat message', { chatId, content: `bob ${n}` }),
      cat.ask('chat message', { chatId, content: `cat ${n}` }),
    ]).flat(),
  )
  await say(raw, chatId, 'last')
  const last = await messagePush(raw, 'last')
  for (const door of [bob, cat]) await eventOrSeen(door, 'message', each * 3 + 1)
  const rawOrder = pushesOf(raw, 'message').map((frame) => [frame.rev, contentOf(frame)])
  t.equal(rawOrder.length, each * 3 + 1)
  t.same(
    rawOrder.map(([rev]) => rev),
    Array.from({ length: each * 3 + 1 }, (_, n) => n + 1),
  )
  const socketMessage = z.looseObject({ rev: z.number(), content: z.string() })
  for (const { events } of [bob, cat]) {
    const order = events.filter(({ name }) => name === 'message').map(({ body }) => socketMessage.parse(body))
    t.same(
      order.map(({ rev, content }) => [rev, content]),
      rawOrder,
    )
  }

  // The same message, with the seed's two extra fields.
  const message = z.looseObject({}).parse(last.message)
  const asEvent = z.looseObject({}).parse(bob.events.filter(({ name }) => name === 'message').at(-1)?.body)
  t.same(asEvent, { ...message, senderId: 'ann', timestamp: message.createdAt })

  const typing = eventOf(bob.socket, 'typing')
  raw.send({ type: 'typing', chatId, active: true })
  t.match(await typing, { userId: 'ann', active: true })
  bob.socket.emit('typing', { chatId, active: true })
  t.match(await raw.next(({ type, userId }) => type === 'typing' && userId === 'bob'), { active: true })
  await cat.ask('read', { chatId, seq: each * 3 + 1 })
  t.match(await raw.next(({ type, userId }) => type === 'read' && userId === 'cat'), { seq: each * 3 + 1 })
  cat.socket.close()
  t.match(await raw.next(({ type }) => type === 'user_left'), { chatId, userId: 'cat' })
})

t.test('a new name counts in the next messages and arrivals of an open session', async (t) => {
  const chatId = await createChat(node, ['dan', 'bob'])
  const dan = await connect(t, 'dan')
  await join(dan, chatId)
  await call(node, shop, 'PUT', '/users/dan', { fullName: 'Dan the New' })
  const heard = eventOf(dan.socket, 'message')
  await dan.ask('chat message', { chatId, content: 'Hello' })
  t.match(await heard, { sender: { fullName: 'Dan the New' } })
  const joined = eventOf(dan.socket, 'user joined')
  await join(dan, chatId)
  t.match(await joined, { userId: 'dan', fullName: 'Dan the New' })
})

t.test('a session whose connection is cut is a session that ended', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const raw = await sessionOf(t, node, 'ann')
  await joinChat(raw, chatId)
  const bob = await connect(t, 'bob')
  await join(bob, chatId)
  bob.socket.io.engine.close()
  t.match(await raw.next(({ type }) => type === 'user_left'), { userId: 'bob' })
})
