import t from 'tap'
import { z } from 'zod'
import { message } from '../../../src/protocol/objects.js'
import { call, serviceToken, token } from '../../helpers/clients.js'
import {
  chatOfTwo,
  edit,
  erase,
  historyOf,
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
const edited = z.strictObject({
  type: z.literal('message_edited'),
  rev: z.number(),
  message: message.strict(),
})

t.test('the next event of the chat, for all who have joined; the message keeps its place', async (t) => {
  const { chatId, ann, bob } = await chatOfTwo(t, node)
  await joinChat(bob, chatId)
  await say(ann, chatId, 'Helo!', { clientId: 'c-1' })
  await say(bob, chatId, 'Hi')
  const said = await messagePush(bob, 'Helo!')
  t.equal(await edit(ann, chatId, 1, 'Hello!'), 3)

  const push = edited.parse(await bob.next(({ type }) => type === 'message_edited'))
  t.match(push, { rev: 3, message: { editedAt: /Z$/ } })
  const { editedAt } = push.message
  t.strictSame(push.message, {
    ...z.object({ message }).parse(said).message,
    content: 'Hello!',
    rev: 3,
    editedAt,
  })
  t.same((await historyOf(node, chatId))[1], push.message, 'the same object in history')
  await settled(ann)
  t.same(pushesOf(ann, 'message_edited'), [], 'membership is enough to edit, but not to be told')

  const { chat, mine, messages } = await joinChat(ann, chatId)
  t.match(chat, { lastSeq: 2, rev: 3 })
  t.match(mine, { lastReadSeq: 1, unread: 1 }, 'no mark moves')
  t.same(messages[0], push.message)
  t.same(
    (await joinChat(ann, chatId, { afterRev: 2 })).messages,
    [push.message],
    'on resume in its latest state',
  )
  await say(bob, chatId, 'Fine')
  t.match(await messagePush(ann, 'Fine'), { rev: 4, message: { seq: 3 } })
})

t.test('edited again and again: each is an event', async (t) => {
  const { chatId, ann, bob } = await chatOfTwo(t, node)
  await say(ann, chatId, 'v0')
  await joinChat(bob, chatId)
  for (let n = 1; n <= 5; n++) t.equal(await edit(ann, chatId, 1, `v${n}`), n + 1)
  await bob.next(({ rev }) => rev === 6)
  t.same(
    pushesOf(bob, 'message_edited').map((frame) => edited.parse(frame).message.content),
    ['v1', 'v2', 'v3', 'v4', 'v5'],
  )
})

t.test('a repeat is no event, and is answered with the last change', async (t) => {
  const { chatId, ann, bob } = await chatOfTwo(t, node)
  await say(ann, chatId, 'first')
  t.equal(await edit(ann, chatId, 1, 'first'), 1, 'of one that was never changed: the one it came with')
  t.equal(await edit(ann, chatId, 1, 'second'), 2)
  await say(bob, chatId, 'meanwhile')
  t.equal(await edit(ann, chatId, 1, 'second'), 2)
  await call(node, shop, 'POST', `/chats/${chatId}/close`)
  t.equal(await edit(ann, chatId, 1, 'second'), 2, 'in a closed chat too')
  t.match((await joinChat(ann, chatId)).chat, { rev: 4 })
})

t.test('a repeat of the send gets its original answer', async (t) => {
  const { chatId, ann } = await chatOfTwo(t, node)
  const sent = await say(ann, chatId, 'first', { clientId: 'c-1' })
  await edit(ann, chatId, 1, 'second')
  t.same(await say(ann, chatId, 'first', { clientId: 'c-1' }), { ...sent, duplicate: true })
  t.match(await historyOf(node, chatId), [{ content: 'second' }])
})

t.test('of many at once each takes a number of its own, and the last one stays', async (t) => {
  const { chatId, ann, bob } = await chatOfTwo(t, node)
  await Promise.all([joinChat(ann, chatId), joinChat(bob, chatId)])
  await say(ann, chatId, 'start')
  const revs = await Promise.all([
    ...Array.from({ length: 20 }, (_, n) => edit(ann, chatId, 1, `edit ${n}`)),
    ...Array.from({ length: 20 }, async (_, n) => (await say(bob, chatId, `say ${n}`)).rev),
  ])
  t.same(
    revs.sort((a, b) => a - b),
    Array.from({ length: 40 }, (_, n) => n + 2),
  )
  await Promise.all([ann, bob].map((client) => client.next(({ rev }) => rev === 41)))
  for (const client of [ann, bob])
    t.same(
      client.frames.filter(({ type }) => /^message/.test(type)).map(({ rev }) => rev),
      Array.from({ length: 41 }, (_, n) => n + 1),
      'told in order, without hole or repeat',
    )
  const last = edited.parse(pushesOf(bob, 'message_edited').at(-1))
  t.strictSame((await historyOf(node, chatId)).at(-1), last.message)
})

t.test('it is checked in the order member, message, own, repeat, closed, deleted, content', async (t) => {
  const { chatId, ann, bob } = await chatOfTwo(t, node)
  const eve = await sessionOf(t, node, 'eve')
  await say(ann, chatId, 'mine')
  await say(ann, chatId, 'gone')
  await erase(ann, chatId, 2)
  const refused = async (client: typeof ann, seq: number, content: string, code: string, to = chatId) =>
    t.match(
      await client.request({ type: 'edit', chatId: to, seq, content }),
      { type: 'error', code, temporary: false },
      `${seq} ${content}: ${code}`,
    )
  await refused(eve, 1, 'x', 'not_a_member')
  await refused(eve, 9, 'x', 'not_a_member')
  await refused(ann, 1, 'x', 'not_a_member', 'no-such-chat')
  for (const seq of [0, 3, 9, Number.MAX_SAFE_INTEGER]) await refused(bob, seq, 'x', 'not_found')
  await refused(bob, 1, 'x', 'forbidden')
  await refused(bob, 1, 'mine', 'forbidden')
  await refused(bob, 2, 'x', 'forbidden')
  await refused(ann, 2, 'x', 'conflict')
  await refused(ann, 2, '', 'conflict')
  await refused(ann, 1, '', 'bad_request')
  await refused(ann, 1, 'x'.repeat(8193), 'too_large')
  t.equal(await edit(ann, chatId, 1, 'ż'.repeat(4096)), 4, '8,192 bytes are not too many')
  await call(node, shop, 'POST', `/chats/${chatId}/close`)
  await refused(bob, 1, 'x', 'forbidden')
  await refused(ann, 1, 'x', 'chat_closed')
  await refused(ann, 2, 'x', 'chat_closed')
  await call(node, shop, 'DELETE', `/chats/${chatId}/members/ann`)
  await refused(ann, 1, 'x', 'not_a_member')
  await settled(ann)
})

t.test("the backend's session is a member like others", async (t) => {
  const { chatId, ann } = await chatOfTwo(t, node)
  await say(ann, chatId, 'mine')
  await call(node, shop, 'POST', `/chats/${chatId}/system-messages`, { content: 'system' })
  const client = await sessionOf(t, node, 'shop')
  t.match(await client.request({ type: 'edit', chatId, seq: 2, content: 'x' }), { code: 'not_a_member' })
  await call(node, shop, 'POST', `/chats/${chatId}/members`, { userId: 'shop' })
  t.equal(await edit(client, chatId, 2, 'its own'), 4)
  t.match(await client.request({ type: 'edit', chatId, seq: 1, content: 'x' }), { code: 'forbidden' })
})

t.test("open inboxes are told of the newest message's edit", async (t) => {
  const { chatId, ann, bob } = await chatOfTwo(t, node)
  await say(ann, chatId, 'one')
  await say(ann, chatId, 'two')
  await edit(ann, chatId, 1, 'one, edited')
  await edit(ann, chatId, 2, 'two, edited')
  const told = z.looseObject({ type: z.literal('chat_activity'), lastMessage: message, unread: z.number() })
  const isEdited = (frame: unknown) => told.safeParse(frame).data?.lastMessage.content === 'two, edited'
  t.match(await bob.next(isEdited), { chatId, unread: 2, lastMessage: { seq: 2, rev: 4, editedAt: /Z$/ } })
  const { body } = await call(node, token('bob', nameOf('bob')), 'GET', '/chats')
  t.match(body.data, [{ id: chatId, lastMessage: { content: 'two, edited' } }])
})
