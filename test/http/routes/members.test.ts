import t from 'tap'
import { z } from 'zod'
import { chat, member } from '../../../src/protocol/objects.js'
import { call, createChat, serviceToken, token } from '../../helpers/clients.js'
import { joinChat, nameOf, say, sessionOf, startTestNode } from '../../helpers/frames.js'

const node = await startTestNode(t)
const shop = serviceToken()
const unique = (name: string) => `${name}-${crypto.randomUUID().slice(0, 8)}`
const listOfMembers = z.strictObject({
  data: z.array(member.strict()),
  pagination: z.strictObject({
    page: z.number(),
    limit: z.number(),
    total: z.number(),
    nextCursor: z.null(),
  }),
})

const add = (chatId: string, body: object) => call(node, shop, 'POST', `/chats/${chatId}/members`, body)
const remove = (chatId: string, userId: string) =>
  call(node, shop, 'DELETE', `/chats/${chatId}/members/${userId}`)

t.test('GET: page by page, every member once, each with its mark', async (t) => {
  const users = Array.from({ length: 7 }, (_, n) => `user-${n}`)
  const chatId = await createChat(node, users)
  const client = await sessionOf(t, node, 'user-3')
  await say(client, chatId, 'Hello')
  const read = async (query = '') => {
    const { body } = await call(node, token('user-0', 'U'), 'GET', `/chats/${chatId}/members${query}`)
    return listOfMembers.parse(body)
  }
  const all = await read()
  t.match(all.pagination, { page: 1, total: 7 })
  t.match(all.data[3], {
    userId: 'user-3',
    fullName: nameOf('user-3'),
    role: 'customer',
    online: true,
    lastReadSeq: 1,
  })
  t.match(all.data[4], {
    userId: 'user-4',
    fullName: 'user-4',
    online: false,
    lastSeen: null,
    lastReadSeq: 0,
  })
  const pages = await Promise.all([1, 2, 3, 4].map((page) => read(`?page=${page}&limit=3`)))
  t.same(
    pages.flatMap(({ data }) => data.map(({ userId }) => userId)),
    users,
  )
  t.match(pages[1]?.pagination, { page: 2, limit: 3, total: 7 })
})

t.test('POST: one member, with a role and a name, at the end of the chat', async (t) => {
  const [ann, bob] = [unique('ann'), unique('bob')]
  const chatId = await createChat(node, [ann])
  const [watching, inbox] = await Promise.all([sessionOf(t, node, ann), sessionOf(t, node, bob)])
  await joinChat(watching, chatId)
  await say(watching, chatId, 'Hello')
  const answer = await add(chatId, { userId: bob, role: 'support', fullName: 'Bob by the shop' })
  t.equal(answer.status, 200)
  t.match(chat.strict().parse(answer.body), { id: chatId, memberCount: 2, rev: 2 })
  t.match(await watching.next(({ type }) => type === 'chat_updated'), {
    rev: 2,
    chat: answer.body,
    change: { type: 'member_added', userId: bob, role: 'support', fullName: 'Bob by the shop' },
  })
  t.match(await inbox.next(({ type }) => type === 'chat_added'), {
    chat: answer.body,
    mine: { role: 'support', lastReadSeq: 1, unread: 0, archivedAt: null, sticky: false },
  })
  t.match(
    await add(chatId, { userId: bob }),
    { status: 200, body: { rev: 2, memberCount: 2 } },
    'again: nothing',
  )
  t.match(await add(chatId, { userId: bob, role: 'seller' }), {
    status: 200,
    body: { rev: 3, memberCount: 2 },
  })
  t.match(await watching.next(({ rev }) => rev === 3), {
    change: { type: 'member_changed', userId: bob, role: 'seller' },
  })
})

t.test('POST: several, the same one twice too', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const answer = await add(chatId, {
    members: [{ userId: 'bob' }, { userId: 'cat' }, { userId: 'bob' }, { userId: 'ann' }],
  })
  t.match(answer, { status: 200, body: { memberCount: 3, rev: 2 } })
  t.match(await add('no-such-chat', { userId: 'bob' }), { body: { error: { temporary: false } } })
})

t.test('DELETE: the member is out at once, everywhere', async (t) => {
  const [ann, bob] = [unique('ann'), unique('bob')]
  const chatId = await createChat(node, [ann, bob])
  const [watching, gone] = await Promise.all([sessionOf(t, node, ann), sessionOf(t, node, bob)])
  await Promise.all([joinChat(watching, chatId), joinChat(gone, chatId)])
  const answer = await remove(chatId, bob)
  t.match(answer, { status: 200, body: { id: chatId, memberCount: 1, rev: 1 } })
  t.match(await watching.next(({ type }) => type === 'chat_updated'), {
    change: { type: 'member_removed', userId: bob },
  })
  t.same(await gone.next(({ type }) => type === 'removed'), { type: 'removed', chatId })
  for (const [method, path, body] of [
    ['GET', '', undefined],
    ['GET', '/messages', undefined],
    ['POST', '/messages', { content: 'x' }],
  ] as const)
    t.match(await call(node, token(bob, 'Bob'), method, `/chats/${chatId}${path}`, body), {
      status: 403,
      body: { error: { code: 'not_a_member' } },
    })
  const { body } = await call(node, token(bob, 'Bob'), 'GET', '/chats?archived=all')
  t.same(body.data, [])
  t.match(await remove(chatId, bob), { status: 404, body: { error: { code: 'not_found' } } })
  t.match(await add(chatId, { userId: bob }), { status: 200, body: { memberCount: 2, rev: 2 } })
  t.match(
    await joinChat(gone, chatId),
    { complete: true, mine: { role: 'member', unread: 0 } },
    'and in again',
  )
})
