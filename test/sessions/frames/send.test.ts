import t from 'tap'
import { validate, version } from 'uuid'
import { z } from 'zod'
import { message } from '../../../src/protocol/objects.js'
import { type AnyFrame, call, createChat, serviceToken } from '../../helpers/clients.js'
import {
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
const messageFrame = z.object({ type: z.literal('message'), rev: z.number(), message })

t.test('membership is enough, no join is needed; those who have joined get the message', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  await joinChat(bob, chatId)
  const sent = await say(ann, chatId, 'Hello!', { clientId: 'c-1' })
  t.match(sent, { seq: 1, rev: 1 })
  t.equal(version(sent.id), 7)
  t.notOk('duplicate' in sent)

  const push = await bob.next(({ type }) => type === 'message')
  t.same(push, {
    type: 'message',
    rev: 1,
    message: {
      id: sent.id,
      chatId,
      seq: 1,
      rev: 1,
      kind: 'user',
      sender: { id: 'ann', fullName: nameOf('ann') },
      content: 'Hello!',
      attachments: [],
      clientId: 'c-1',
      createdAt: sent.createdAt,
      editedAt: null,
      deletedAt: null,
    },
  })
  await settled(ann)
  t.same(pushesOf(ann, 'message'), [], 'who has not joined is sent no message')
  const history = await call(node, serviceToken(), 'GET', `/chats/${chatId}/messages`)
  t.same(history.body.data, [push.message], 'the same object in history')
})

t.test("the sender's own sessions get the message too, once they have joined", async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [phone, laptop] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'ann')])
  await Promise.all([joinChat(phone, chatId), joinChat(laptop, chatId)])
  const { id } = await say(phone, chatId, 'from the phone')
  for (const client of [phone, laptop])
    t.match(await messagePush(client, 'from the phone'), { rev: 1, message: { id, clientId: null } })
})

t.test('seq and rev count from 1 without a hole, in the order of one session', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  await Promise.all([joinChat(ann, chatId), joinChat(bob, chatId)])
  const sent = await Promise.all(
    Array.from({ length: 60 }, (_, n) => say(n % 2 ? ann : bob, chatId, `m${n}`)),
  )
  t.same(
    sent.map(({ seq }) => seq).sort((a, b) => a - b),
    Array.from({ length: 60 }, (_, n) => n + 1),
  )
  for (const sender of [0, 1]) {
    const own = sent.filter((_, n) => n % 2 === sender).map(({ seq }) => seq)
    t.same(
      own,
      own.toSorted((a, b) => a - b),
      'in the order they were sent',
    )
  }
  t.ok(sent.every(({ id }) => validate(id)) && new Set(sent.map(({ id }) => id)).size === 60)
  const pushed = await Promise.all(
    [ann, bob].map(async (client) => {
      await client.next(({ type, rev }) => type === 'message' && rev === 60)
      return pushesOf(client, 'message').map((frame) => messageFrame.parse(frame))
    }),
  )
  const [toAnn, toBob] = pushed
  t.same(
    toAnn?.map(({ rev }) => rev),
    Array.from({ length: 60 }, (_, n) => n + 1),
  )
  t.same(toAnn, toBob, 'one order for both')
})

t.test('a repeat of a clientId gets the original, whatever it says, and nobody hears of it', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  await joinChat(bob, chatId)
  const first = await say(ann, chatId, 'once', { clientId: 'c-1' })
  await say(ann, chatId, 'between', { clientId: 'c-2' })
  t.same(await say(ann, chatId, 'once', { clientId: 'c-1' }), { ...first, duplicate: true })
  t.same(await say(ann, chatId, 'something else', { clientId: 'c-1' }), { ...first, duplicate: true })
  t.same(await say(await sessionOf(t, node, 'ann'), chatId, 'once', { clientId: 'c-1' }), {
    ...first,
    duplicate: true,
  })
  t.match(
    await say(bob, chatId, "bob's own", { clientId: 'c-1' }),
    { seq: 3, rev: 3 },
    'another sender is no repeat',
  )
  const elsewhere = await createChat(node, ['ann'])
  t.match(await say(ann, elsewhere, 'once', { clientId: 'c-1' }), { seq: 1 }, 'another chat is no repeat')

  await messagePush(bob, "bob's own")
  t.same(
    pushesOf(bob, 'message').map((frame) => messageFrame.parse(frame).message.content),
    ['once', 'between', "bob's own"],
  )
})

t.test('the same clientId many times at once is one message', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const clients = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'ann')])
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => {
      const client = clients[n % 2]
      if (client === undefined) throw new Error('no client')
      return say(client, chatId, `attempt ${n}`, { clientId: 'same' })
    }),
  )
  t.equal(new Set(answers.map(({ id }) => id)).size, 1)
  t.equal(answers.filter(({ duplicate }) => duplicate === undefined).length, 1)
  t.match(await say(await sessionOf(t, node, 'ann'), chatId, 'next'), { seq: 2 })
})

t.test('content has bounds', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const ann = await sessionOf(t, node, 'ann')
  await joinChat(ann, chatId)
  const refused: [string, string, object?][] = [
    ['too_large', 'a'.repeat(8193)],
    ['too_large', 'ö'.repeat(4097)],
    ['too_large', '€'.repeat(2731)],
    ['bad_request', ''],
    ['not_found', 'with a file', { attachments: ['a-1'] }],
    ['not_found', '', { attachments: ['a-1'] }],
  ]
  for (const [code, content, more] of refused) {
    const answer = await ann.request({ type: 'send', chatId, content, ...more })
    t.match(answer, { type: 'error', code, temporary: false, message: /./ })
  }
  t.match(await say(ann, chatId, 'a'.repeat(8192)), { seq: 1 })
  t.match(await say(ann, chatId, 'ö'.repeat(4096)), { seq: 2 })
  t.match(await say(ann, chatId, '€'.repeat(2730)), { seq: 3 })
  t.match(await say(ann, chatId, ' \n\t', { attachments: [] }), { seq: 4 })
  t.match(await say(ann, chatId, '👩‍👩‍👧 \u202e \ufffd'), { seq: 5 })
  t.match(await messagePush(ann, '👩‍👩‍👧 \u202e \ufffd'), { rev: 5 })
})

t.test('a clientId has 1 to 64 characters', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const ann = await sessionOf(t, node, 'ann')
  for (const clientId of ['', 'c'.repeat(65), 7, null])
    t.match(await ann.request({ type: 'send', chatId, content: 'x', clientId }), {
      type: 'error',
      code: 'bad_request',
    })
  t.match(await say(ann, chatId, 'x', { clientId: 'c'.repeat(64) }), { seq: 1 })
})

t.test('who is no member is told so, and keeps the session', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const eve = await sessionOf(t, node, 'eve')
  const [real, unreal] = await Promise.all([
    eve.request({ type: 'send', chatId, content: 'hi', ref: 'x' }),
    eve.request({ type: 'send', chatId: 'no-such-chat', content: 'hi', ref: 'x' }),
  ])
  t.match(real, { type: 'error', code: 'not_a_member', temporary: false })
  t.same({ ...real, ref: 0 }, { ...unreal, ref: 0 }, 'the same answer as for a chat that does not exist')
  await settled(eve)
  const history = await call(node, serviceToken(), 'GET', `/chats/${chatId}/messages`)
  t.same(history.body.data, [])
})

t.test('a closed chat takes no message, but still answers a repeat, and members before all', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const [ann, eve] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'eve')])
  const first = await say(ann, chatId, 'while open', { clientId: 'c-1' })
  await call(node, serviceToken(), 'POST', `/chats/${chatId}/close`)
  t.match(await ann.request({ type: 'send', chatId, content: 'too late' }), {
    type: 'error',
    code: 'chat_closed',
    temporary: false,
  })
  t.same(await say(ann, chatId, 'while open', { clientId: 'c-1' }), { ...first, duplicate: true })
  t.match(await eve.request({ type: 'send', chatId, content: 'hi', clientId: 'c-1' }), {
    code: 'not_a_member',
  })
  await call(node, serviceToken(), 'POST', `/chats/${chatId}/reopen`)
  t.match(await say(ann, chatId, 'open again'), { seq: 2, rev: 4 })
})

t.test('one who was removed cannot send any more, not even a repeat', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const bob = await sessionOf(t, node, 'bob')
  await say(bob, chatId, 'still here', { clientId: 'c-1' })
  await call(node, serviceToken(), 'DELETE', `/chats/${chatId}/members/bob`)
  for (const clientId of ['c-1', 'c-2'])
    t.match(await bob.request({ type: 'send', chatId, content: 'gone', clientId }), { code: 'not_a_member' })
})

t.test(
  'every session of a member is told of activity, joined or not; at most once a second for a chat',
  async (t) => {
    const chatId = await createChat(node, ['ann', 'bob'])
    const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
    const activity = z.object({
      type: z.literal('chat_activity'),
      chatId: z.literal(chatId),
      lastMessage: message,
      unread: z.number(),
      archivedAt: z.null(),
    })
    const isActivity = (frame: AnyFrame) => frame.type === 'chat_activity' && frame.chatId === chatId
    const startedAt = Date.now()
    let count = 0
    while (Date.now() - startedAt < 1500) await say(ann, chatId, `m${++count}`)
    const last = await bob.next(
      (frame) => isActivity(frame) && activity.parse(frame).lastMessage.seq === count,
    )
    const seconds = (Date.now() - startedAt) / 1000
    t.match(last, {
      lastMessage: { content: `m${count}`, sender: { fullName: nameOf('ann') } },
      unread: count,
    })
    const told = bob.frames.filter(isActivity).length
    t.ok(told >= 2 && told <= Math.ceil(seconds) + 1, `${told} in ${seconds} s for ${count} messages`)
    t.match(
      await ann.next((frame) => isActivity(frame) && frame.unread === 0),
      { chatId },
      'the sender too, with nothing unread',
    )
  },
)
