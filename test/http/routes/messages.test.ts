import t from 'tap'
import { z } from 'zod'
import { changed, message, sent } from '../../../src/protocol/objects.js'
import { type Answer, call, createChat, serviceToken, token } from '../../helpers/clients.js'
import { joinChat, messagePush, nameOf, say, sessionOf, startTestNode } from '../../helpers/frames.js'

const node = await startTestNode(t)
const shop = serviceToken()
const ann = token('ann', nameOf('ann'))
const history = z.strictObject({
  data: z.array(message.strict()),
  pagination: z.strictObject({
    page: z.number().nullable(),
    limit: z.number(),
    total: z.number(),
    nextCursor: z.string().nullable(),
  }),
})
const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, index) => from - index)

const chatId = await createChat(node, ['ann', 'bob'])
const LAST = 60
await t.test('60 messages', async (t) => {
  const client = await sessionOf(t, node, 'ann')
  for (let n = 1; n <= LAST; n++) await say(client, chatId, `m${n}`)
})

async function read(query = '') {
  const answer = await call(node, ann, 'GET', `/chats/${chatId}/messages${query}`)
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
  const { data, pagination } = history.parse(answer.body)
  return { seqs: data.map(({ seq }) => seq), data, pagination }
}

t.test('GET: the newest 50 first', async (t) => {
  const { seqs, data, pagination } = await read()
  t.same(seqs, down(60, 11))
  t.match(pagination, { page: 1, limit: 50, total: 60, nextCursor: /./ })
  t.match(data[0], {
    chatId,
    seq: 60,
    rev: 60,
    kind: 'user',
    content: 'm60',
    sender: { id: 'ann', fullName: nameOf('ann') },
  })
})

t.test('GET: by page, the union of all pages has every seq once', async (t) => {
  for (const limit of [1, 7, 60, 100]) {
    const pages = Math.ceil(LAST / limit)
    const seen: number[] = []
    for (let page = 1; page <= pages + 1; page++) {
      const { seqs, pagination } = await read(`?page=${page}&limit=${limit}`)
      t.match(pagination, { page, limit, total: 60 })
      if (page >= pages) t.equal(pagination.nextCursor, null, `page ${page} of ${pages}`)
      seen.push(...seqs)
    }
    t.same(seen, down(60, 1), `limit ${limit}`)
  }
})

t.test('GET: by cursor, from any page on', async (t) => {
  for (const start of ['?limit=7', '?limit=7&before=61']) {
    const seen: number[] = []
    let query: string | null = start
    while (query !== null) {
      const { seqs, pagination } = await read(query)
      seen.push(...seqs)
      query = pagination.nextCursor === null ? null : `?limit=7&cursor=${pagination.nextCursor}`
    }
    t.same(seen, down(60, 1))
  }
})

t.test('GET: a cursor does not move when a message comes meanwhile', async (t) => {
  const other = await createChat(node, ['ann', 'bob'])
  const client = await sessionOf(t, node, 'ann')
  for (let n = 1; n <= 4; n++) await say(client, other, `m${n}`)
  const first = await call(node, ann, 'GET', `/chats/${other}/messages?limit=2`)
  await say(client, other, 'm5')
  const second = await call(
    node,
    ann,
    'GET',
    `/chats/${other}/messages?limit=2&cursor=${first.body.pagination.nextCursor}`,
  )
  t.same(
    history.parse(second.body).data.map(({ seq }) => seq),
    [2, 1],
  )
})

t.test('GET: before and after a seq', async (t) => {
  for (const [query, expected] of [
    ['?before=10&limit=3', [9, 8, 7]],
    ['?before=3', [2, 1]],
    ['?before=1', []],
    ['?before=0', []],
    ['?before=1000&limit=2', [60, 59]],
    ['?after=57', [60, 59, 58]],
    ['?after=10&limit=3', [13, 12, 11]],
    ['?after=0&limit=2', [2, 1]],
    ['?after=60', []],
    ['?after=1000', []],
    [`?after=${Number.MAX_SAFE_INTEGER}`, []],
    [`?before=${Number.MAX_SAFE_INTEGER}&limit=1`, [60]],
    ['?page=1000000000&limit=100', []],
  ] as const) {
    const { seqs, pagination } = await read(query)
    t.same(seqs, expected, query)
    t.equal(pagination.total, 60)
  }
  t.equal((await read('?before=10')).pagination.page, null)
})

t.test('GET: upwards by after, the union has every seq once', async (t) => {
  const seen: number[] = []
  for (let after = 0; after < LAST; after = Math.max(...seen))
    seen.push(...(await read(`?after=${after}&limit=13`)).seqs)
  t.same(
    seen.sort((a, b) => a - b),
    down(60, 1).reverse(),
  )
})

t.test('GET: an empty chat', async (t) => {
  const empty = await createChat(node, ['ann'])
  const { body } = await call(node, ann, 'GET', `/chats/${empty}/messages`)
  t.same(body, { data: [], pagination: { page: 1, limit: 50, total: 0, nextCursor: null } })
})

function post(bearer: string, to: string, content: string, key?: string): Promise<Answer> {
  return call(
    node,
    bearer,
    'POST',
    `/chats/${to}/messages`,
    { content },
    key === undefined ? {} : { 'idempotency-key': key },
  )
}

t.test('POST: the reply of a send, and the same message for those who have joined', async (t) => {
  const other = await createChat(node, ['ann', 'bob'])
  const bob = await sessionOf(t, node, 'bob')
  await joinChat(bob, other)
  const answer = await post(ann, other, 'by REST', 'key-1')
  t.equal(answer.status, 201)
  t.match(sent.strict().parse(answer.body), { seq: 1, rev: 1 })
  const push = await messagePush(bob, 'by REST')
  t.match(push, {
    rev: 1,
    message: { id: answer.body.id, clientId: 'key-1', sender: { id: 'ann', fullName: nameOf('ann') } },
  })
  const kept = await call(node, ann, 'GET', `/chats/${other}/messages`)
  t.same(kept.body.data, [push.message])
})

t.test('POST: an Idempotency-Key is the clientId of the frame', async (t) => {
  const other = await createChat(node, ['ann', 'bob'])
  const first = await post(ann, other, 'once', 'key-1')
  t.match(await post(ann, other, 'twice', 'key-1'), { status: 200, body: { ...first.body, duplicate: true } })
  const client = await sessionOf(t, node, 'ann')
  t.same(await say(client, other, 'thrice', { clientId: 'key-1' }), { ...first.body, duplicate: true })
  t.match(await post(ann, other, 'another', 'key-2'), { status: 201, body: { seq: 2 } })
  t.match(await post(ann, other, 'without'), { status: 201, body: { seq: 3 } })
})

t.test('POST: refusals are those of the frame', async (t) => {
  const other = await createChat(node, ['ann'])
  const empty = await post(ann, other, '')
  t.match(empty, { status: 400, body: { error: { code: 'bad_request', temporary: false, requestId: /./ } } })
  t.match(await post(ann, other, 'x'.repeat(8193)), { status: 413, body: { error: { code: 'too_large' } } })
  t.match(await post(token('eve', 'Eve'), other, 'x'), {
    status: 403,
    body: { error: { code: 'not_a_member' } },
  })
  await call(node, shop, 'POST', `/chats/${other}/close`)
  t.match(await post(ann, other, 'x'), { status: 409, body: { error: { code: 'chat_closed' } } })
})

t.test('the backend reads and writes in every chat', async (t) => {
  const other = await createChat(node, ['ann'])
  const client = await sessionOf(t, node, 'ann')
  await joinChat(client, other)
  const answer = await post(shop, other, 'from the shop')
  t.match(answer, { status: 201, body: { seq: 1 } })
  t.match(await messagePush(client, 'from the shop'), { message: { kind: 'user', sender: { id: 'shop' } } })
  const { body } = await call(node, shop, 'GET', `/chats/${other}/messages`)
  t.match(body, { data: [{ content: 'from the shop' }], pagination: { total: 1 } })
})

t.test('system messages, with metadata', async (t) => {
  const other = await createChat(node, ['ann'])
  const client = await sessionOf(t, node, 'ann')
  await joinChat(client, other)
  const system = (body: object, key?: string, bearer = shop) =>
    call(
      node,
      bearer,
      'POST',
      `/chats/${other}/system-messages`,
      body,
      key === undefined ? {} : { 'idempotency-key': key },
    )
  const metadata = { kind: 'shipped', parcels: [{ no: 1 }], note: null }
  const answer = await system({ content: 'It is on its way.', metadata }, 'key-1')
  t.equal(answer.status, 201)
  t.match(sent.strict().parse(answer.body), { seq: 1, rev: 1 })
  const push = await messagePush(client, 'It is on its way.')
  t.match(push, { message: { kind: 'system', metadata, sender: { id: 'shop' } } })
  t.match(await system({ content: 'again' }, 'key-1'), { status: 200, body: { seq: 1, duplicate: true } })
  t.match(await system({ content: 'Plain.' }), { status: 201, body: { seq: 2 } })
  const { body } = await call(node, ann, 'GET', `/chats/${other}/messages`)
  t.same(body.data[1], push.message)
  t.notOk('metadata' in body.data[0])
  t.match(await system({ content: 'x' }, undefined, ann), {
    status: 403,
    body: { error: { code: 'forbidden' } },
  })
  t.match(await system({ content: 'x', metadata: { a: 'x'.repeat(8192) } }), { status: 400 })
})

t.test(
  'PATCH and DELETE: the reply of the frame, and the same event for those who have joined',
  async (t) => {
    const other = await createChat(node, ['ann', 'bob'])
    const bob = await sessionOf(t, node, 'bob')
    await joinChat(bob, other)
    await post(ann, other, 'first')
    const one = `/chats/${other}/messages/1`
    const edited = await call(node, ann, 'PATCH', one, { content: 'second' })
    t.equal(edited.status, 200)
    t.same(changed.strict().parse(edited.body), { rev: 2 })
    t.match(await bob.next(({ type }) => type === 'message_edited'), {
      rev: 2,
      message: { content: 'second' },
    })
    t.match(await call(node, ann, 'PATCH', one, { content: 'second' }), { status: 200, body: { rev: 2 } })
    const deleted = await call(node, ann, 'DELETE', one)
    t.equal(deleted.status, 200)
    t.same(changed.strict().parse(deleted.body), { rev: 3 })
    const push = await bob.next(({ type }) => type === 'message_deleted')
    t.match(push, { rev: 3, message: { content: '', deletedAt: /Z$/ } })
    t.match(await call(node, ann, 'DELETE', one), { status: 200, body: { rev: 3 } })
    t.same((await call(node, ann, 'GET', `/chats/${other}/messages`)).body.data, [push.message])
  },
)

const refusals: [caller: string, method: string, seq: number, status: number, code: string][] = [
  [token('eve', 'Eve'), 'PATCH', 1, 403, 'not_a_member'],
  [token('eve', 'Eve'), 'DELETE', 9, 403, 'not_a_member'],
  [token('bob', 'Bob'), 'PATCH', 0, 404, 'not_found'],
  [token('bob', 'Bob'), 'DELETE', 9, 404, 'not_found'],
  [token('bob', 'Bob'), 'PATCH', 1, 403, 'forbidden'],
  [token('bob', 'Bob'), 'DELETE', 1, 403, 'forbidden'],
  [ann, 'PATCH', 2, 409, 'conflict'],
  [shop, 'PATCH', 1, 403, 'forbidden'],
  [shop, 'PATCH', 9, 404, 'not_found'],
]

t.test('PATCH and DELETE: refusals are those of the frame', async (t) => {
  const other = await createChat(node, ['ann', 'bob'])
  for (const content of ['one', 'two']) await post(ann, other, content)
  await call(node, ann, 'DELETE', `/chats/${other}/messages/2`)
  const refused = async (caller: string, method: string, seq: number, status: number, code: string) => {
    const body = method === 'PATCH' ? { content: 'x' } : undefined
    const answer = await call(node, caller, method, `/chats/${other}/messages/${seq}`, body)
    t.match(answer, { status, body: { error: { code, temporary: false } } }, `${method} ${seq}: ${code}`)
  }
  for (const one of refusals) await refused(...one)
  await call(node, shop, 'POST', `/chats/${other}/close`)
  await refused(ann, 'PATCH', 1, 409, 'chat_closed')
  await refused(ann, 'DELETE', 1, 409, 'chat_closed')
  t.match(await call(node, ann, 'DELETE', `/chats/${other}/messages/2`), { status: 200, body: { rev: 3 } })
})

t.test('the backend edits what it has said, and deletes any message, in a closed chat too', async (t) => {
  const other = await createChat(node, ['ann'])
  await post(ann, other, 'one')
  await post(shop, other, 'two')
  const metadata = { parcel: 7 }
  await call(node, shop, 'POST', `/chats/${other}/system-messages`, { content: 'three', metadata })
  const at = (seq: number) => `/chats/${other}/messages/${seq}`
  t.match(await call(node, shop, 'PATCH', at(2), { content: 'two, edited' }), { body: { rev: 4 } })
  t.match(await call(node, shop, 'PATCH', at(3), { content: 'three, edited' }), { body: { rev: 5 } })
  t.match((await call(node, ann, 'GET', `/chats/${other}/messages`)).body.data, [
    { seq: 3, kind: 'system', content: 'three, edited', metadata },
    { seq: 2, content: 'two, edited' },
    { seq: 1, content: 'one' },
  ])
  await call(node, shop, 'POST', `/chats/${other}/close`)
  t.match(await call(node, shop, 'PATCH', at(2), { content: 'x' }), {
    status: 409,
    body: { error: { code: 'chat_closed' } },
  })
  for (const [seq, rev] of [
    [1, 7],
    [3, 8],
    [1, 7],
  ] as const)
    t.match(await call(node, shop, 'DELETE', at(seq)), { status: 200, body: { rev } })
  t.match(await call(node, shop, 'DELETE', '/chats/no-such-chat/messages/1'), {
    status: 403,
    body: { error: { code: 'not_a_member' } },
  })
})
