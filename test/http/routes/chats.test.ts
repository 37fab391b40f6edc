import t, { type Test } from 'tap'
import { z } from 'zod'
import { chat, member, message, mine } from '../../../src/protocol/objects.js'
import { type Answer, call, createChat, serviceToken, token } from '../../helpers/clients.js'
import { joinChat, nameOf, say, sessionOf, startTestNode } from '../../helpers/frames.js'

const node = await startTestNode(t)
const shop = serviceToken()
const tokenOf = (userId: string) => token(userId, nameOf(userId))
const unique = (name: string) => `${name}-${crypto.randomUUID().slice(0, 8)}`
const listed = chat.extend({ mine, lastMessage: message.nullable(), members: z.array(member) })
const pagination = z.strictObject({
  page: z.number().nullable(),
  limit: z.number(),
  total: z.number(),
  nextCursor: z.string().nullable(),
})
const list = z.strictObject({ data: z.array(listed.strict()), pagination })

async function listOf(userId: string, query = '') {
  const answer = await call(node, tokenOf(userId), 'GET', `/chats${query}`)
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
  return list.parse(answer.body)
}

const idsOf = ({ data }: z.infer<typeof list>) => data.map(({ id }) => id)

function general(userId: string, body: object, headers?: Record<string, string>): Promise<Answer> {
  return call(node, tokenOf(userId), 'POST', '/chats', { type: 'general', ...body }, headers)
}

function order(body: object, headers?: Record<string, string>): Promise<Answer> {
  return call(node, shop, 'POST', '/chats', { type: 'order', ...body }, headers)
}

t.test('POST /chats: a general chat of a user, who is added', async (t) => {
  const [ann, bob] = [unique('ann'), unique('bob')]
  const inbox = await sessionOf(t, node, bob)
  const made = await general(ann, { subject: 'Hi', metadata: { a: [1] }, members: [{ userId: bob }] })
  t.equal(made.status, 201)
  t.same(chat.strict().parse(made.body), {
    id: made.body.id,
    type: 'general',
    orderId: null,
    subject: 'Hi',
    metadata: { a: [1] },
    createdAt: made.body.createdAt,
    closedAt: null,
    firstSeq: 1,
    lastSeq: 0,
    rev: 0,
    memberCount: 2,
  })
  t.match(made.body.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  t.match(await inbox.next(({ type }) => type === 'chat_added'), {
    chat: made.body,
    mine: { role: 'member', lastReadSeq: 0, unread: 0, archivedAt: null, sticky: false },
  })
  for (const userId of [ann, bob]) t.same(idsOf(await listOf(userId)), [made.body.id])
})

t.test("POST /chats: a user's word counts neither on roles nor on others' names", async (t) => {
  const [ann, bob] = [unique('ann'), unique('bob')]
  const made = await general(ann, {
    members: [
      { userId: ann, role: 'support' },
      { userId: bob, role: 'seller', fullName: 'Bob the Fool' },
    ],
  })
  const { body } = await call(node, tokenOf(ann), 'GET', `/chats/${made.body.id}`)
  t.match(body.members, [
    { userId: ann, role: 'member', fullName: nameOf(ann) },
    { userId: bob, role: 'member', fullName: bob },
  ])
  t.equal(body.memberCount, 2)
})

t.test('POST /chats: an order needs the backend and an orderId', async (t) => {
  const orderId = unique('order')
  const body = { type: 'order', orderId, members: [{ userId: 'bob' }] }
  const refused = await call(node, tokenOf('ann'), 'POST', '/chats', body)
  t.equal(refused.status, 403)
  t.match(refused.body, { error: { code: 'forbidden' } })
  t.match(await order({ members: [{ userId: 'bob' }] }), {
    status: 400,
    body: { error: { code: 'bad_request' } },
  })
  t.match(await general('ann', { orderId, members: [{ userId: 'bob' }] }), { status: 400 })

  const [ann, bob] = [unique('ann'), unique('bob')]
  const made = await order({
    orderId,
    members: [
      { userId: ann, role: 'customer', fullName: 'Ann by the shop' },
      { userId: bob, role: 'seller' },
    ],
  })
  t.equal(made.status, 201)
  t.match(made.body, { orderId, type: 'order', memberCount: 2 }, 'the backend is not added')
  const seen = await call(node, shop, 'GET', `/chats/${made.body.id}`)
  t.equal(seen.body.mine, null)
  t.match(seen.body.members, [
    { userId: ann, role: 'customer', fullName: 'Ann by the shop' },
    { userId: bob, role: 'seller', fullName: bob },
  ])
})

t.test(
  'POST /chats: one chat for an orderId; a repeat adds missing members and changes nothing else',
  async (t) => {
    const orderId = unique('order')
    const [ann, bob, cat] = [unique('ann'), unique('bob'), unique('cat')]
    const made = await order({
      orderId,
      subject: 'First',
      metadata: { n: 1 },
      members: [{ userId: ann, role: 'customer' }],
    })
    const [watching, inbox] = await Promise.all([sessionOf(t, node, ann), sessionOf(t, node, cat)])
    await joinChat(watching, made.body.id)
    await say(watching, made.body.id, 'Hello')

    const again = await order({
      orderId,
      subject: 'Second',
      metadata: { n: 2 },
      members: [
        { userId: ann, role: 'support' },
        { userId: bob, role: 'seller' },
        { userId: cat, role: 'support' },
      ],
    })
    t.equal(again.status, 200)
    t.match(again.body, {
      id: made.body.id,
      subject: 'First',
      metadata: { n: 1 },
      memberCount: 3,
      rev: 3,
      createdAt: made.body.createdAt,
    })
    await watching.next(({ rev }) => rev === 3)
    t.match(
      watching.frames.filter(({ type }) => type === 'chat_updated').map(({ change }) => change),
      [
        { type: 'member_added', userId: bob, role: 'seller' },
        { type: 'member_added', userId: cat, role: 'support' },
      ],
    )
    t.match(await inbox.next(({ type }) => type === 'chat_added'), {
      chat: { id: made.body.id },
      mine: { role: 'support', lastReadSeq: 1, unread: 0 },
    })
    const { body } = await call(node, shop, 'GET', `/chats/${made.body.id}`)
    t.equal(body.members[0].role, 'customer', 'a role that is there stays')

    const third = await order({ orderId, members: [{ userId: ann }] })
    t.match(third, { status: 200, body: { rev: 3, memberCount: 3 } })
  },
)

t.test('POST /chats: the same order many times at once is one chat', async (t) => {
  const orderId = unique('order')
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) => order({ orderId, members: [{ userId: `u${n}` }] })),
  )
  t.equal(new Set(answers.map(({ body }) => body.id)).size, 1)
  t.same(answers.map(({ status }) => status).sort(), [...Array(9).fill(200), 201])
  const { body } = await call(node, shop, 'GET', `/chats/${answers[0]?.body.id}`)
  t.equal(body.memberCount, 10)
})

t.test('POST /chats: an Idempotency-Key holds, for its user', async (t) => {
  const [ann, bob] = [unique('ann'), unique('bob')]
  const key = { 'idempotency-key': unique('key') }
  const first = await general(ann, { subject: 'One', members: [{ userId: bob }] }, key)
  t.equal(first.status, 201)
  const again = await general(ann, { subject: 'One', members: [{ userId: bob }] }, key)
  t.equal(again.status, 200)
  t.same(again.body, first.body)
  t.match(await general(ann, { subject: 'Two', members: [{ userId: bob }] }, key), {
    status: 200,
    body: first.body,
  })
  const others = await general(bob, { members: [{ userId: ann }] }, key)
  t.equal(others.status, 201)
  t.not(others.body.id, first.body.id)
  t.equal((await listOf(ann)).pagination.total, 2)
})

t.test('POST /chats: an Idempotency-Key on an order that has its chat already', async (t) => {
  const orderId = unique('order')
  const made = await order({ orderId, members: [{ userId: 'ann' }] })
  const key = { 'idempotency-key': unique('key') }
  for (let attempt = 0; attempt < 2; attempt++) {
    const again = await order({ orderId, members: [{ userId: 'ann' }, { userId: 'bob' }] }, key)
    t.match(again, { status: 200, body: { id: made.body.id, memberCount: 2 } })
  }
})

t.test(
  'GET /chats: page by page, newest activity first; every way of paging has each chat once',
  async (t) => {
    const ann = unique('ann')
    const ids: string[] = []
    for (let n = 0; n < 7; n++) ids.push(await createChat(node, [ann, 'bob']))
    const client = await sessionOf(t, node, ann)
    const [first, , , , , , seventh] = ids
    if (first === undefined || seventh === undefined) throw new Error('no chats')
    await say(client, first, 'now the latest')
    const expected = [first, ...ids.slice(1).reverse()]

    const all = await listOf(ann)
    t.same(idsOf(all), expected)
    t.same(all.pagination, { page: 1, limit: 20, total: 7, nextCursor: null })
    t.match(all.data[0], {
      lastSeq: 1,
      lastMessage: { seq: 1, content: 'now the latest', sender: { id: ann, fullName: nameOf(ann) } },
      mine: { role: 'customer', unread: 0 },
      members: [{ userId: ann, online: true }, { userId: 'bob' }],
    })
    t.equal(all.data[1]?.lastMessage, null)

    const pages = await Promise.all([1, 2, 3, 4, 5].map((page) => listOf(ann, `?page=${page}&limit=2`)))
    t.same(pages.flatMap(idsOf), expected)
    t.same(
      pages.map(({ pagination: { page, limit, total } }) => ({ page, limit, total })),
      [1, 2, 3, 4, 5].map((page) => ({ page, limit: 2, total: 7 })),
    )

    const seen: string[] = []
    let cursor: string | null = pages[0]?.pagination.nextCursor ?? null
    seen.push(...expected.slice(0, 2))
    while (cursor !== null) {
      const page = await listOf(ann, `?limit=2&cursor=${cursor}`)
      t.match(page.pagination, { page: null, limit: 2, total: 7 })
      seen.push(...idsOf(page))
      cursor = page.pagination.nextCursor
    }
    t.same(seen, expected)
  },
)

t.test('GET /chats: only the own ones, and filters', async (t) => {
  const [ann, bob, zed] = [unique('ann'), unique('bob'), unique('zed')]
  const orderId = unique('order')
  const chairs = await order({ orderId, subject: 'Two Chairs', members: [{ userId: ann }, { userId: zed }] })
  const talk = await general(ann, { subject: 'Small talk', members: [{ userId: bob }] })
  await general(bob, { subject: 'Without Ann', members: [{ userId: zed }] })
  // After bob's own request, whose token would name him again.
  await call(node, shop, 'PUT', `/users/${bob}`, { fullName: 'Bobby 100%_Tables' })
  const [o, g] = [chairs.body.id, talk.body.id]
  for (const [query, expected] of [
    ['', [g, o]],
    ['?type=order', [o]],
    ['?type=general', [g]],
    [`?orderId=${orderId}`, [o]],
    ['?orderId=another', []],
    ['?q=chairs', [o]],
    ['?q=SMALL', [g]],
    ['?q=bobby', [g]],
    [`?q=${encodeURIComponent('100%_')}`, [g]],
    [`?q=${encodeURIComponent('%')}`, [g]],
    ['?q=nothing', []],
    ['?type=order&q=small', []],
    ['?archived=all', [g, o]],
    ['?archived=true', []],
  ] as const) {
    const found = await listOf(ann, query)
    t.same(idsOf(found), expected, query)
    t.equal(found.pagination.total, expected.length)
  }
  t.same((await listOf(unique('nobody'))).data, [])
})

t.test('GET /chats: up to 10 members of each', async (t) => {
  const ann = unique('ann')
  const chatId = await createChat(node, [ann, ...Array.from({ length: 12 }, (_, n) => `zz-${n}`)])
  const { data } = await listOf(ann)
  t.match(data, [{ id: chatId, memberCount: 13 }])
  t.equal(data[0]?.members.length, 10)
})

t.test('GET /chats/:id', async (t) => {
  const [ann, bob] = [unique('ann'), unique('bob')]
  const chatId = await createChat(node, [ann, bob])
  const client = await sessionOf(t, node, bob)
  await say(client, chatId, 'Hello')
  const { status, body } = await call(node, tokenOf(ann), 'GET', `/chats/${chatId}`)
  t.equal(status, 200)
  const seen = chat
    .extend({ mine, members: z.array(member.strict()) })
    .strict()
    .parse(body)
  t.match(seen, {
    id: chatId,
    lastSeq: 1,
    mine: { role: 'customer', lastReadSeq: 0, unread: 1, archivedAt: null, sticky: false },
    members: [
      { userId: ann, online: false, lastReadSeq: 0 },
      { userId: bob, online: true, lastReadSeq: 1 },
    ],
  })
})

t.test('a chat that one may not see answers as one that does not exist', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const eve = tokenOf('eve')
  for (const [method, path, body] of [
    ['GET', ''],
    ['GET', '/members'],
    ['GET', '/messages'],
    ['GET', '/messages?page=2&limit=1'],
    ['POST', '/messages', { content: 'x' }],
    ['POST', '/read', { seq: 1 }],
    ['POST', '/archive'],
    ['POST', '/unarchive'],
  ] as const) {
    const [real, unreal] = await Promise.all(
      [chatId, 'no-such-chat'].map((id) => call(node, eve, method, `/chats/${id}${path}`, body)),
    )
    t.match(
      real,
      { status: 403, body: { error: { code: 'not_a_member', temporary: false } } },
      `${method} ${path}`,
    )
    t.same({ ...real?.body.error, requestId: '' }, { ...unreal?.body.error, requestId: '' })
    t.equal(real?.status, unreal?.status)
  }
})

t.test('POST /chats/:id/read answers as the frame does', async (t) => {
  const [ann, bob] = [unique('ann'), unique('bob')]
  const chatId = await createChat(node, [ann, bob])
  const client = await sessionOf(t, node, bob)
  await joinChat(client, chatId)
  for (const content of ['one', 'two']) await say(client, chatId, content)
  const read = (seq: number) => call(node, tokenOf(ann), 'POST', `/chats/${chatId}/read`, { seq })
  t.match(await read(1), { status: 200, body: { lastReadSeq: 1, unread: 1 } })
  t.match(await client.next(({ type }) => type === 'read'), { chatId, userId: ann, seq: 1 })
  t.match(await read(0), { status: 200, body: { lastReadSeq: 1, unread: 1 } })
  t.match(await read(3), { status: 400, body: { error: { code: 'bad_request' } } })
  t.match(await read(2), { status: 200, body: { lastReadSeq: 2, unread: 0 } })
})

async function archived(t: Test, userId: string, chatId: string, is: boolean): Promise<void> {
  t.equal(idsOf(await listOf(userId)).includes(chatId), !is)
  t.equal(idsOf(await listOf(userId, '?archived=true')).includes(chatId), is)
  t.equal(idsOf(await listOf(userId, '?archived=all')).includes(chatId), true)
}

t.test("archive: the caller's own view; a new message brings the chat back", async (t) => {
  const [ann, bob] = [unique('ann'), unique('bob')]
  const chatId = await createChat(node, [ann, bob])
  const [reader, writer] = await Promise.all([sessionOf(t, node, ann), sessionOf(t, node, bob)])
  await say(writer, chatId, 'one')
  const path = `/chats/${chatId}/archive`
  const done = await call(node, tokenOf(ann), 'POST', path)
  t.equal(done.status, 200)
  t.match(mine.strict().parse(done.body), { role: 'customer', unread: 1, archivedAt: /Z$/, sticky: false })
  await archived(t, ann, chatId, true)
  await archived(t, bob, chatId, false)
  await say(writer, chatId, 'two')
  await archived(t, ann, chatId, false)
  t.match(await reader.next(({ type, unread }) => type === 'chat_activity' && unread === 2), {
    chatId,
    archivedAt: null,
    lastMessage: { content: 'two' },
  })
})

t.test('archive: a sticky one stays away until it is taken back', async (t) => {
  const [ann, bob] = [unique('ann'), unique('bob')]
  const chatId = await createChat(node, [ann, bob])
  const writer = await sessionOf(t, node, bob)
  const done = await call(node, tokenOf(ann), 'POST', `/chats/${chatId}/archive`, { sticky: true })
  t.match(done, { status: 200, body: { archivedAt: /Z$/, sticky: true } })
  await say(writer, chatId, 'are you there?')
  await archived(t, ann, chatId, true)
  const back = await call(node, tokenOf(ann), 'POST', `/chats/${chatId}/unarchive`)
  t.match(back, { status: 200, body: { archivedAt: null, sticky: false, unread: 1 } })
  await archived(t, ann, chatId, false)
  t.match(await call(node, tokenOf(ann), 'POST', `/chats/${chatId}/unarchive`), {
    status: 200,
    body: { archivedAt: null },
  })
})

t.test('close and reopen, each twice: the second time changes nothing', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const post = (what: string) => call(node, shop, 'POST', `/chats/${chatId}/${what}`)
  const closed = await post('close')
  t.match(closed, { status: 200, body: { id: chatId, rev: 1, closedAt: /Z$/ } })
  t.same((await post('close')).body, closed.body)
  t.match(await post('reopen'), { status: 200, body: { rev: 2, closedAt: null } })
  t.match(await post('reopen'), { status: 200, body: { rev: 2, closedAt: null } })
})
