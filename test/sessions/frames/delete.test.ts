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
const deleted = z.strictObject({
  type: z.literal('message_deleted'),
  rev: z.number(),
  message: message.strict(),
})

t.test('the next event of the chat, for all who have joined; a tombstone keeps the place', async (t) => {
  const { chatId, ann, bob } = await chatOfTwo(t, node)
  await joinChat(bob, chatId)
  await say(ann, chatId, 'a secret', { clientId: 'c-1' })
  await say(bob, chatId, 'Hi')
  await edit(ann, chatId, 1, 'another secret')
  const before = z.object({ message }).parse(await bob.next(({ type }) => type === 'message_edited')).message
  t.equal(await erase(ann, chatId, 1), 4)

  const push = deleted.parse(await bob.next(({ type }) => type === 'message_deleted'))
  t.match(push, { rev: 4, message: { deletedAt: /Z$/ } })
  const { deletedAt } = push.message
  t.strictSame(push.message, { ...before, content: '', rev: 4, deletedAt })
  t.same((await historyOf(node, chatId))[1], push.message, 'the same object in history')
  await settled(ann)
  t.same(pushesOf(ann, 'message_deleted'), [])

  const { chat, mine, messages } = await joinChat(ann, chatId)
  t.match(chat, { firstSeq: 1, lastSeq: 2, rev: 4 })
  t.match(mine, { lastReadSeq: 1, unread: 1 }, 'no mark moves')
  t.same(messages[0], push.message)
  t.same((await joinChat(ann, chatId, { afterRev: 0 })).messages.at(-1), push.message, 'on resume too')
  await say(bob, chatId, 'Fine')
  t.match(await messagePush(ann, 'Fine'), { rev: 5, message: { seq: 3 } })
})

t.test('a repeat is no event, and is answered with the first one', async (t) => {
  const { chatId, ann, bob } = await chatOfTwo(t, node)
  await say(ann, chatId, 'one')
  t.equal(await erase(ann, chatId, 1), 2)
  await say(bob, chatId, 'meanwhile')
  t.equal(await erase(ann, chatId, 1), 2)
  await call(node, shop, 'POST', `/chats/${chatId}/close`)
  t.equal(await erase(ann, chatId, 1), 2, 'in a closed chat too')
  t.match((await joinChat(ann, chatId)).chat, { rev: 4 })
})

t.test('of many at once one is the event, and all get its number', async (t) => {
  const { chatId, ann, bob } = await chatOfTwo(t, node)
  await joinChat(bob, chatId)
  await say(ann, chatId, 'one')
  const revs = await Promise.all(Array.from({ length: 20 }, () => erase(ann, chatId, 1)))
  t.same(new Set(revs), new Set([2]))
  await say(ann, chatId, 'two')
  t.match(await messagePush(bob, 'two'), { rev: 3 })
  t.equal(pushesOf(bob, 'message_deleted').length, 1)
})

t.test('a repeat of the send gets its original answer, and brings nothing back', async (t) => {
  const { chatId, ann } = await chatOfTwo(t, node)
  const sent = await say(ann, chatId, 'one', { clientId: 'c-1' })
  await erase(ann, chatId, 1)
  t.same(await say(ann, chatId, 'one', { clientId: 'c-1' }), { ...sent, duplicate: true })
  t.match(await historyOf(node, chatId), [{ content: '', clientId: 'c-1', deletedAt: /Z$/ }])
})

t.test('it is checked in the order member, message, own, repeat, closed', async (t) => {
  const { chatId, ann, bob } = await chatOfTwo(t, node)
  const eve = await sessionOf(t, node, 'eve')
  await say(ann, chatId, 'mine')
  await say(ann, chatId, 'gone')
  await erase(ann, chatId, 2)
  const refused = async (client: typeof ann, seq: number, code: string, to = chatId) =>
    t.match(
      await client.request({ type: 'delete', chatId: to, seq }),
      { type: 'error', code, temporary: false },
      `${seq}: ${code}`,
    )
  await refused(eve, 1, 'not_a_member')
  await refused(eve, 9, 'not_a_member')
  await refused(ann, 1, 'not_a_member', 'no-such-chat')
  for (const seq of [0, 3, Number.MAX_SAFE_INTEGER]) await refused(bob, seq, 'not_found')
  for (const seq of [1, 2]) await refused(bob, seq, 'forbidden')
  await call(node, shop, 'POST', `/chats/${chatId}/close`)
  await refused(bob, 1, 'forbidden')
  await refused(ann, 1, 'chat_closed')
  await call(node, shop, 'DELETE', `/chats/${chatId}/members/ann`)
  for (const seq of [1, 2]) await refused(ann, seq, 'not_a_member')
  await settled(ann)
  t.match(await historyOf(node, chatId), [{ seq: 2 }, { seq: 1, content: 'mine', deletedAt: null }])
})

t.test('what the marketplace gave a message is gone with it', async (t) => {
  const { chatId } = await chatOfTwo(t, node)
  await call(node, shop, 'POST', `/chats/${chatId}/members`, { userId: 'shop' })
  const metadata = { parcel: 7 }
  await call(node, shop, 'POST', `/chats/${chatId}/system-messages`, { content: 'shipped', metadata })
  t.match(await historyOf(node, chatId), [{ metadata }])
  await erase(await sessionOf(t, node, 'shop'), chatId, 1)
  const [tombstone] = await historyOf(node, chatId)
  t.match(tombstone, { kind: 'system', content: '' })
  t.notOk(tombstone !== undefined && 'metadata' in tombstone)
})

t.test("open inboxes are told of the newest message's end", async (t) => {
  const { chatId, ann, bob } = await chatOfTwo(t, node)
  await say(ann, chatId, 'one')
  await erase(ann, chatId, 1)
  const told = z.object({ type: z.literal('chat_activity'), lastMessage: message })
  // Of chats of other tests the user may hear too.
  const isDeleted = (frame: unknown) => {
    const last = told.safeParse(frame).data?.lastMessage
    return last?.chatId === chatId && last.deletedAt !== null
  }
  t.match(await bob.next(isDeleted), { chatId, unread: 1, lastMessage: { seq: 1, rev: 2, content: '' } })
  const { body } = await call(node, token('bob', nameOf('bob')), 'GET', '/chats')
  t.match(body.data, [{ id: chatId, lastMessage: { content: '', deletedAt: /Z$/ } }])
})
