import { once } from 'node:events'
import { get } from 'node:http'
import t from 'tap'
import { type ExportLine, exportLine } from '../../../src/protocol/export-lines.js'
import { startFileNode, uploadFile } from '../../helpers/attachments.js'
import { call, createChat, serviceToken, token, until } from '../../helpers/clients.js'
import { nameOf, say, sessionOf } from '../../helpers/frames.js'
import { SAMPLE_FILES } from '../../helpers/sample-files.js'

const stored = await startFileNode(t)
const { node } = stored
const shop = serviceToken()
const pdf = { name: 'bill.pdf', body: Buffer.from(await SAMPLE_FILES['application/pdf']()) }

async function exportOf(userId: string): Promise<ExportLine[]> {
  const response = await fetch(`${node.url}/users/${userId}/export`, {
    headers: { authorization: `Bearer ${shop}` },
  })
  const text = await response.text()
  const isMarked = response.headers.get('content-type') === 'application/x-ndjson'
  if (response.status !== 200 || !isMarked || !text.endsWith('\n')) throw new Error(text)
  return text
    .trim()
    .split('\n')
    .map((line) => exportLine.parse(JSON.parse(line)))
}

const auditOf = async (userId: string, query = '') =>
  (await call(node, shop, 'GET', `/audit?userId=${userId}${query}`)).body

t.test('an export has what is the user’s own, and nothing that others have said', async (t) => {
  const [open, left] = [await createChat(node, ['ann', 'bob']), await createChat(node, ['ann', 'bob'])]
  const [ann, bob] = [await sessionOf(t, node, 'ann'), await sessionOf(t, node, 'bob')]
  const file = await uploadFile(stored, token('ann', nameOf('ann')), open, pdf)
  const unsent = await uploadFile(stored, token('ann', nameOf('ann')), left, pdf)
  await say(ann, open, 'from ann', { attachments: [file.id] })
  await say(bob, open, 'a secret of bob')
  await say(ann, left, 'before she left')
  await call(node, shop, 'DELETE', `/chats/${left}/members/ann`)
  for (let n = 0; n < 250; n += 1) await say(bob, open, `a secret of bob ${n}`)
  await say(ann, open, 'beyond the first page')
  await ann.ask({ type: 'read', chatId: open, seq: 253 })

  const lines = await exportOf('ann')
  t.notMatch(JSON.stringify(lines), /secret|Name of bob/)
  const { headers } = await fetch(`${node.url}/users/nobody/export`, {
    headers: { authorization: `Bearer ${shop}` },
  })
  t.equal(headers.get('cache-control'), 'no-store')
  const [first, second, ...rest] = lines
  t.match(first, { type: 'export', format: 1, userId: 'ann' })
  t.match(second, { type: 'user', id: 'ann', fullName: nameOf('ann') })
  t.match(rest.at(-1), { type: 'end', chats: 2, messages: 3, attachments: 2 })
  const chatOf = (id: string) => rest.find((line) => line.type === 'chat' && line.id === id)
  t.match(chatOf(open), { membership: { role: 'customer', lastReadSeq: 253, sticky: false }, leftAt: null })
  t.match(chatOf(left), { membership: null, leftAt: /Z$/ })
  const said = rest.flatMap((line) => (line.type === 'message' ? [line.message.content] : []))
  t.same(said.sort(), ['before she left', 'beyond the first page', 'from ann'])
  const files = rest.flatMap((line) => (line.type === 'attachment' ? [line] : []))
  t.match(
    files.find(({ attachment }) => attachment.id === file.id),
    { chatId: open, seq: 1, status: 'ready', attachment: { name: 'bill.pdf', size: pdf.body.length } },
  )
  t.match(
    files.find(({ attachment }) => attachment.id === unsent.id),
    { chatId: left, seq: null },
  )
  for (const { url } of files) {
    const response = await fetch(url ?? '')
    t.same([response.status, Buffer.from(await response.arrayBuffer())], [200, pdf.body])
  }

  await until(async () => (await auditOf('ann')).data.length === 2, 'its end is in the audit')
  const { data, pagination } = await auditOf('ann')
  t.match(pagination, { page: 1, limit: 50, total: 2, nextCursor: null })
  const counts = { complete: true, chats: 2, messages: 3, attachments: 2 }
  t.match(data, [
    { actor: 'shop', action: 'export_finished', userId: 'ann', detail: { export: data[1].id, ...counts } },
    { actor: 'shop', action: 'export_requested', userId: 'ann' },
  ])
})

t.test('of a user that nobody has heard of there is nothing', async (t) => {
  const lines = await exportOf('nobody')
  t.match(lines, [{ type: 'export' }, { type: 'end', chats: 0, messages: 0, attachments: 0 }])
  t.equal(lines.length, 2)
})

t.test('one that is broken off says so in the audit, and gives its place back', async (t) => {
  for (let n = 0; n < 3; n += 1) {
    const request = get(`${node.url}/users/eve-${n}/export`, { headers: { authorization: `Bearer ${shop}` } })
    request.on('error', () => {})
    const [response] = await once(request, 'response')
    t.equal(response.statusCode, 200)
    response.destroy()
    await until(async () => (await auditOf(`eve-${n}`)).data.length === 2, 'its end is in the audit')
  }
})

t.test('the audit in pages', async (t) => {
  for (let n = 0; n < 5; n += 1) await exportOf('pat')
  await until(async () => (await auditOf('pat')).pagination.total === 10, 'all are in the audit')
  const whole = (await auditOf('pat')).data.map(({ id }: { id: string }) => id)
  const first = await auditOf('pat', '&limit=4')
  t.match(first.pagination, { page: 1, limit: 4, total: 10 })
  const second = await auditOf('pat', `&limit=4&cursor=${first.pagination.nextCursor}`)
  t.match(second.pagination, { page: null, total: 10 })
  const third = await auditOf('pat', `&limit=4&cursor=${second.pagination.nextCursor}`)
  t.equal(third.pagination.nextCursor, null)
  t.same(
    [first, second, third].flatMap(({ data }) => data.map(({ id }: { id: string }) => id)),
    whole,
  )
  t.same((await auditOf('pat', '&limit=4&page=2')).data, second.data)
  t.equal((await auditOf('pat', '&action=export_finished')).pagination.total, 5)
  for (const query of ['&cursor=x', '&limit=101', '&action=other', '&page=1&cursor=x'])
    t.match(await auditOf('pat', query), { error: { code: 'bad_request' } }, query)
})

t.test('nobody but the backend, and the answer says nothing of whether there is such a user', async (t) => {
  const bearer = token('ann', nameOf('ann'))
  const asked = [
    ['DELETE', '/users/ann'],
    ['DELETE', '/users/no-such-user'],
    ['GET', '/users/ann/export'],
    ['GET', '/users/no-such-user/export'],
    ['GET', '/audit'],
    ['GET', '/audit?userId=ann'],
  ] as const
  const answers: unknown[] = []
  for (const [method, path] of asked) {
    const { status, body } = await call(node, bearer, method, path)
    const { requestId, ...error } = body.error
    t.ok(requestId)
    answers.push([status, error])
  }
  const refused = [
    403,
    { code: 'forbidden', message: 'This needs a token with the scope chat:service.', temporary: false },
  ]
  t.same(
    answers,
    asked.map(() => refused),
  )
  t.equal((await auditOf('no-such-user')).pagination.total, 0)
  t.equal((await call(node, shop, 'DELETE', `/users/${'x'.repeat(65)}`)).status, 400)
})
