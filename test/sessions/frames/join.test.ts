import t from 'tap'
import { z } from 'zod'
import { chat, message, mine } from '../../../src/protocol/objects.js'
import { replies } from '../../../src/protocol/server-frames.js'
import { type AnyFrame, call, connectRaw, createChat, serviceToken, token } from '../../helpers/clients.js'
import {
  contentOf,
  joinChat,
  messagePush,
  nameOf,
  pushesOf,
  say,
  sessionOf,
  settled,
  startTestNode,
} from '../../helpers/frames.js'

const node = await startTestNode(t)
const shop = serviceToken()
const seqs = (messages: readonly { seq: number }[]) => messages.map(({ seq }) => seq)
const count = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

t.test('the reply has every field of the contract, and no other', async (t) => {
  const orderId = `order-${crypto.randomUUID()}`
  const made = await call(node, shop, 'POST', '/chats', {
    type: 'order',
    orderId,
    subject: 'Two chairs',
    metadata: { shelf: 7 },
    members: [
      { userId: 'ann', role: 'customer', fullName: 'Ann of the order' },
      { userId: 'bob', role: 'seller' },
    ],
  })
  const chatId = z.string().parse(made.body.id)
  const ann = await sessionOf(t, node, 'ann')
  const sent = await say(ann, chatId, 'Hello!')
  const data = await ann.ask({ type: 'join', chatId })
  t.same(Object.keys(data).sort(), ['chat', 'complete', 'epoch', 'members', 'messages', 'mine', 'rev'])
  const { epoch, members, messages, ...rest } = data
  t.same(rest, {
    chat: {
      id: chatId,
      type: 'order',
      orderId,
      subject: 'Two chairs',
      metadata: { shelf: 7 },
      createdAt: made.body.createdAt,
      closedAt: null,
      firstSeq: 1,
      lastSeq: 1,
      rev: 1,
      memberCount: 2,
    },
    mine: { role: 'customer', lastReadSeq: 1, unread: 0, archivedAt: null, sticky: false },
    rev: 1,
    complete: true,
  })
  t.match(epoch, /./)
  const annName = { id: 'ann', fullName: await currentName('ann', chatId) }
  t.match(members, [
    { userId: 'ann', fullName: annName.fullName, role: 'customer', online: true, lastReadSeq: 1 },
    { userId: 'bob', role: 'seller', online: false, lastReadSeq: 0 },
  ])
  t.same(
    z
      .array(z.record(z.string(), z.unknown()))
      .parse(members)
      .map((one) => Object.keys(one).sort()),
    Array(2).fill(['fullName', 'lastReadSeq', 'lastSeen', 'online', 'role', 'userId']),
  )
  t.same(messages, [
    {
      id: sent.id,
      chatId,
      seq: 1,
      rev: 1,
      kind: 'user',
      sender: annName,
      content: 'Hello!',
      attachments: [],
      clientId: null,
      createdAt: sent.createdAt,
      editedAt: null,
      deletedAt: null,
    },
  ])
})

async function currentName(userId: string, chatId: string): Promise<string> {
  const { body } = await call(node, shop, 'GET', `/chats/${chatId}`)
  const members = z.array(z.object({ userId: z.string(), fullName: z.string() })).parse(body.members)
  return members.find((one) => one.userId === userId)?.fullName ?? ''
}

t.test('an empty chat', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const data = await joinChat(await sessionOf(t, node, 'ann'), chatId)
  t.match(data, { messages: [], rev: 0, complete: true, chat: { lastSeq: 0, firstSeq: 1, rev: 0 } })
})

t.test('without afterRev: the newest 50, ascending by seq; live pushes go on from there', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  for (const n of count(1, 53)) await say(ann, chatId, `m${n}`)
  const data = await joinChat(bob, chatId)
  t.same(seqs(data.messages), count(4, 53))
  t.match(data, { rev: 53, complete: true })
  t.notOk('reset' in data)
  await say(ann, chatId, 'live')
  t.match(await bob.next(({ type }) => type === 'message'), { rev: 54, message: { seq: 54 } })
})

t.test('with afterRev: what is new, ascending by rev, and nothing else', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  for (const n of count(1, 60)) await say(ann, chatId, `m${n}`)
  const { epoch } = await joinChat(bob, chatId)
  for (const [afterRev, expected] of [
    [60, []],
    [59, [60]],
    [1, count(2, 60)],
    [0, count(1, 60)],
  ] as const) {
    const data = await joinChat(bob, chatId, { afterRev, epoch })
    t.same(seqs(data.messages), expected, `after ${afterRev}`)
    t.same(
      data.messages.map(({ rev }) => rev),
      expected,
    )
    t.match(data, { rev: 60, complete: true, epoch })
    t.notOk('reset' in data)
  }
})

t.test('rev counts changes of the chat too: a catch-up stands beyond them', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  await say(ann, chatId, 'one')
  await call(node, shop, 'POST', `/chats/${chatId}/close`)
  await call(node, shop, 'POST', `/chats/${chatId}/reopen`)
  await call(node, shop, 'POST', `/chats/${chatId}/members`, { userId: 'cat' })
  await say(ann, chatId, 'two')
  const data = await joinChat(bob, chatId, { afterRev: 1 })
  t.match(data, { rev: 5, chat: { rev: 5, lastSeq: 2, memberCount: 3 }, messages: [{ seq: 2, rev: 5 }] })
  await say(ann, chatId, 'three')
  t.match(await bob.next(({ type }) => type === 'message'), { rev: 6 })
})

t.test('what is large comes in parts of at most 256 KiB, and every message is seen once', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  const contents = count(1, 50).map((n) => `${n}:`.padEnd(8192, n % 2 ? 'x' : '\u0001'))
  await Promise.all(contents.map((content) => say(ann, chatId, content)))

  for (const start of [{}, { afterRev: 0 }]) {
    const seen: number[] = []
    let point: { afterRev?: number; epoch?: string } = start
    let parts = 0
    for (let complete = false; !complete; parts++) {
      const frame = await bob.request({ type: 'join', chatId, ...point })
      t.ok(Buffer.byteLength(JSON.stringify(frame)) <= 256 * 1024, 'a reply is at most 256 KiB')
      const data = z
        .object({ messages: z.array(message), rev: z.number(), epoch: z.string(), complete: z.boolean() })
        .parse(frame.data)
      t.ok(data.messages.length > 0, 'each part brings something')
      seen.push(...seqs(data.messages))
      point = { afterRev: data.rev, epoch: data.epoch }
      complete = data.complete
    }
    t.ok(parts > 1, `${parts} parts`)
    t.same(seen, count(1, 50))
  }
  await say(ann, chatId, 'live')
  t.match(await messagePush(bob, 'live'), { rev: 51 }, 'live pushes begin with the complete answer')
})

t.test(
  'a reply is at most 256 KiB whatever is large in it: names, metadata, a chat of its own',
  async (t) => {
    const users = count(1, 100).map((n) => `${String(n).padStart(3, '0')}`.padEnd(64, '\u0001'))
    const [reader = ''] = users
    const members = users.map((userId) => ({ userId, fullName: `x${'\u0001'.repeat(198)}x` }))
    const orderId = crypto.randomUUID()
    const metadata = { large: 'x'.repeat(8000) }
    let chatId = ''
    for (let from = 0; from < 100; from += 25) {
      const part = { type: 'order', orderId, metadata, members: members.slice(from, from + 25) }
      chatId = z.string().parse((await call(node, shop, 'POST', '/chats', part)).body.id)
    }
    await Promise.all(
      count(1, 50).map((n) =>
        call(node, shop, 'POST', `/chats/${chatId}/system-messages`, { content: `m${n}`, metadata }),
      ),
    )
    const client = await connectRaw(t, node, token(reader, 'Reader'))
    const seen: number[] = []
    for (let point = {}, complete = false; !complete; ) {
      const frame = await client.request({ type: 'join', chatId, ...point })
      t.ok(Buffer.byteLength(JSON.stringify(frame)) <= 256 * 1024)
      const data = replies.join.parse(frame.data)
      t.equal(data.members.length, 100)
      seen.push(...seqs(data.messages))
      point = { afterRev: data.rev }
      complete = data.complete
    }
    t.same(seen, count(1, 50))
  },
)

t.test('while the answer is not complete nothing is pushed', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  await joinChat(ann, chatId)
  await Promise.all(count(1, 50).map((n) => say(ann, chatId, `${n}:`.padEnd(8192, 'x'))))
  const part = await joinChat(bob, chatId)
  t.equal(part.complete, false)
  await say(ann, chatId, 'not yet')
  await messagePush(ann, 'not yet')
  await settled(bob)
  t.same(pushesOf(bob, 'message'), [])
  t.same(pushesOf(ann, 'user_joined'), [])
})

t.test('an afterRev of another epoch or ahead of the chat starts over, and says so', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  for (const n of count(1, 52)) await say(ann, chatId, `m${n}`)
  const { epoch } = await joinChat(bob, chatId)
  for (const point of [
    { afterRev: 51, epoch: 'another' },
    { afterRev: 53, epoch },
    { afterRev: 53 },
    { afterRev: Number.MAX_SAFE_INTEGER, epoch },
  ]) {
    const data = await joinChat(bob, chatId, point)
    t.match(data, { reset: true, rev: 52, complete: true, epoch })
    t.same(seqs(data.messages), count(3, 52), 'as if nothing had been given')
  }
  const data = await joinChat(bob, chatId, { epoch: 'another' })
  t.notOk('reset' in data, 'an epoch alone says nothing')
})

t.test('joining again is a new beginning, and pushes do not come twice', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  await joinChat(bob, chatId)
  await joinChat(ann, chatId)
  await say(ann, chatId, 'one')
  await messagePush(bob, 'one')
  const again = await joinChat(bob, chatId, { afterRev: 1 })
  t.match(again, { messages: [], rev: 1 })
  await say(ann, chatId, 'two')
  await messagePush(bob, 'two')
  await settled(bob)
  t.same(pushesOf(bob, 'message').map(contentOf), ['one', 'two'])
  t.equal(pushesOf(ann, 'user_joined').length + pushesOf(ann, 'user_left').length, 0, 'nobody came or went')
})

t.test(
  'joins during a storm of messages: reply and pushes together have each rev once, in order',
  async (t) => {
    const chatId = await createChat(node, ['ann', 'bob'])
    const ann = await sessionOf(t, node, 'ann')
    const last = 300
    const storm = (async () => {
      for (const n of count(1, last / 10))
        await Promise.all(count(1, 10).map((m) => say(ann, chatId, `m${n}.${m}`)))
    })()
    const readers = await Promise.all(count(1, 5).map(() => sessionOf(t, node, 'bob')))
    for (const [index, reader] of readers.entries()) {
      await ann.next(({ type, data }) => type === 'reply' && revOf(data) >= index * 40)
      for (let again = 0; again < 3; again++) await reader.ask({ type: 'join', chatId, afterRev: 0 })
    }
    await storm
    for (const reader of readers) {
      await reader.next(
        ({ type, rev, data }) =>
          (type === 'message' && rev === last) || (type === 'reply' && revOf(data) === last),
      )
      // From the last join on: its messages, then the pushes.
      const start = reader.frames.findLastIndex(({ type }) => type === 'reply')
      const seen = reader.frames.slice(start).flatMap((frame) =>
        frame.type === 'reply'
          ? z
              .object({ messages: z.array(message) })
              .parse(frame.data)
              .messages.map(({ rev }) => rev)
          : frame.type === 'message'
            ? [z.number().parse(frame.rev)]
            : [],
      )
      t.same(seen, count(1, last))
    }
  },
)

function revOf(data: unknown): number {
  return typeof data === 'object' && data !== null && 'rev' in data && typeof data.rev === 'number'
    ? data.rev
    : -1
}

t.test('who is no member is told so and closed 4403; the same for a chat that does not exist', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const answers: AnyFrame[] = []
  for (const one of [chatId, 'no-such-chat']) {
    const eve = await sessionOf(t, node, 'eve')
    eve.send({ type: 'join', chatId: one, ref: 'x' })
    t.equal((await eve.closed).code, 4403)
    const answer = eve.frames.at(-1)
    t.match(answer, { type: 'error', ref: 'x', code: 'not_a_member', temporary: false })
    t.same(
      eve.frames.map(({ type }) => type),
      ['hello', 'error'],
    )
    if (answer !== undefined) answers.push(answer)
  }
  t.same(answers[0], answers[1])
})

t.test('wrong fields are bad_request, and the session stays', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const ann = await sessionOf(t, node, 'ann')
  for (const fields of [
    {},
    { chatId: '' },
    { chatId: 'c'.repeat(65) },
    { chatId: 1 },
    { chatId, afterRev: -1 },
    { chatId, afterRev: 1.5 },
    { chatId, afterRev: '1' },
    { chatId, epoch: 1 },
  ])
    t.match(
      await ann.request({ type: 'join', ...fields }),
      { type: 'error', code: 'bad_request' },
      JSON.stringify(fields),
    )
  t.match(await joinChat(ann, chatId), { complete: true })
})

t.test("the others hear of a user's first session and of the end of the last one", async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const ann = await sessionOf(t, node, 'ann')
  await joinChat(ann, chatId)
  const phone = await sessionOf(t, node, 'bob')
  await joinChat(phone, chatId)
  t.same(await ann.next(({ type }) => type === 'user_joined'), {
    type: 'user_joined',
    chatId,
    userId: 'bob',
    fullName: nameOf('bob'),
  })
  const laptop = await sessionOf(t, node, 'bob')
  await joinChat(laptop, chatId)
  await phone.close()
  await say(laptop, chatId, 'still here')
  await messagePush(ann, 'still here')
  t.equal(pushesOf(ann, 'user_joined').length, 1)
  t.same(pushesOf(ann, 'user_left'), [])
  await laptop.close()
  t.same(await ann.next(({ type }) => type === 'user_left'), { type: 'user_left', chatId, userId: 'bob' })
  for (const client of [phone, laptop]) t.same(pushesOf(client, 'user_joined'), [], 'not told of oneself')
})

t.test('presence: online with the first session, offline with the last one, held back', async (t) => {
  const chatId = await createChat(node, ['ann', 'pia'])
  const ann = await sessionOf(t, node, 'ann')
  t.match((await joinChat(ann, chatId)).members, [
    { userId: 'ann', online: true },
    { userId: 'pia', online: false, lastSeen: null },
  ])
  const phone = await sessionOf(t, node, 'pia')
  t.same(await ann.next(({ type }) => type === 'presence'), {
    type: 'presence',
    chatId,
    userId: 'pia',
    online: true,
    lastSeen: null,
  })
  const laptop = await sessionOf(t, node, 'pia')
  await phone.close()
  // Gone for less than the hold: nobody hears of it.
  await laptop.close()
  const back = await sessionOf(t, node, 'pia')
  await say(back, chatId, 'back')
  await messagePush(ann, 'back')
  t.equal(pushesOf(ann, 'presence').length, 1)
  await back.close()
  const from = Date.now()
  const gone = await ann.next(({ type, online }) => type === 'presence' && online === false)
  t.ok(Date.now() - from >= 800, 'held back')
  t.match(gone, { chatId, userId: 'pia', lastSeen: /^\d{4}-.*Z$/ })
  t.match((await joinChat(ann, chatId)).members, [
    {},
    { userId: 'pia', online: false, lastSeen: gone.lastSeen },
  ])
})

t.test('chat_added and removed come to every session, joined or not; a removal ends the join', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const [ann, phone, laptop] = await Promise.all([
    sessionOf(t, node, 'ann'),
    sessionOf(t, node, 'zoe'),
    sessionOf(t, node, 'zoe'),
  ])
  await joinChat(ann, chatId)
  await say(ann, chatId, 'before')
  await call(node, shop, 'POST', `/chats/${chatId}/members`, { userId: 'zoe', role: 'support' })
  for (const client of [phone, laptop]) {
    const { chat: added, mine: own, ...rest } = await client.next(({ type }) => type === 'chat_added')
    t.same(rest, { type: 'chat_added' })
    t.match(chat.strict().parse(added), { id: chatId, memberCount: 2, rev: 2, lastSeq: 1 })
    t.same(mine.strict().parse(own), {
      role: 'support',
      lastReadSeq: 1,
      unread: 0,
      archivedAt: null,
      sticky: false,
    })
  }
  const event = await ann.next(({ type }) => type === 'chat_updated')
  t.match(event, {
    rev: 2,
    chat: { id: chatId, memberCount: 2, rev: 2 },
    change: { type: 'member_added', userId: 'zoe', role: 'support', fullName: nameOf('zoe') },
  })
  t.notOk('mine' in event)

  await joinChat(phone, chatId)
  await call(node, shop, 'DELETE', `/chats/${chatId}/members/zoe`)
  for (const client of [phone, laptop])
    t.same(await client.next(({ type }) => type === 'removed'), { type: 'removed', chatId })
  t.match(await ann.next(({ change }) => hasType(change, 'member_removed')), {
    rev: 3,
    chat: { memberCount: 1 },
    change: { userId: 'zoe' },
  })
  await say(ann, chatId, 'after')
  await messagePush(ann, 'after')
  await settled(phone)
  t.notOk(
    phone.frames.some((frame) => contentOf(frame) === 'after'),
    'one who was removed is sent nothing',
  )
  phone.send({ type: 'join', chatId })
  t.equal((await phone.closed).code, 4403)
  await settled(laptop)
})

function hasType(value: unknown, type: string): boolean {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === type
}

t.test('close, reopen and a change of role are events for those who have joined', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const ann = await sessionOf(t, node, 'ann')
  await joinChat(ann, chatId)
  await call(node, shop, 'POST', `/chats/${chatId}/close`)
  await call(node, shop, 'POST', `/chats/${chatId}/reopen`)
  await call(node, shop, 'POST', `/chats/${chatId}/members`, { userId: 'bob', role: 'seller' })
  await ann.next(({ rev }) => rev === 3)
  t.match(pushesOf(ann, 'chat_updated'), [
    { rev: 1, chat: { id: chatId, closedAt: /Z$/, rev: 1 }, change: { type: 'closed' } },
    { rev: 2, chat: { closedAt: null, rev: 2 }, change: { type: 'reopened' } },
    { rev: 3, change: { type: 'member_changed', userId: 'bob', role: 'seller' } },
  ])
  t.match((await joinChat(ann, chatId)).members, [{ role: 'customer' }, { userId: 'bob', role: 'seller' }])
})

t.test('a large chat: 100 members in the reply, the rest by REST; no activity over 50', async (t) => {
  const users = count(1, 100).map((n) => `crowd-${String(n).padStart(3, '0')}`)
  const chatId = await createChat(node, users)
  await call(node, shop, 'POST', `/chats/${chatId}/members`, {
    members: [{ userId: 'zz-1' }, { userId: 'zz-2' }],
  })
  const [one, two] = await Promise.all([sessionOf(t, node, 'crowd-001'), sessionOf(t, node, 'crowd-002')])
  const data = await joinChat(one, chatId)
  t.equal(data.chat.memberCount, 102)
  t.equal(data.members.length, 100)
  await say(one, chatId, 'hello all')
  await messagePush(one, 'hello all')
  const small = await createChat(node, ['crowd-001', 'crowd-002'])
  await say(one, small, 'hello you')
  await two.next(({ type, chatId }) => type === 'chat_activity' && chatId === small)
  t.notOk(two.frames.some(({ type, chatId: id }) => type === 'chat_activity' && id === chatId))
  const rest = await call(node, token('crowd-001', 'One'), 'GET', `/chats/${chatId}/members?page=2&limit=100`)
  t.same(
    rest.body.data.map((one: { userId: string }) => one.userId),
    ['zz-1', 'zz-2'],
  )
})
