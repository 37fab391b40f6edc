import { once } from 'node:events'
import { createSigner } from 'fast-jwt'
import { io } from 'socket.io-client'
import t, { type Test } from 'tap'
import WebSocket from 'ws'
import { signToken } from '../../src/chat/tokens.js'
import {
  call,
  connectRaw,
  connectSocketIo,
  createChat,
  type RawClient,
  serviceToken,
  TEST_SECRET,
  token,
} from '../helpers/clients.js'
import { eventOf, joinChat, messagePush, say, sessionOf, startTestNode } from '../helpers/frames.js'

/**
 * What no client of ours would send, at all three doors. After each case the process lives, and a witness who has
 * joined the chat has received what was said by others and nothing else.
 */
const node = await startTestNode(t)
const chatId = await createChat(node, ['ann', 'wit'])
const witness = await sessionOf(t, node, 'wit')
await joinChat(witness, chatId)
const ann = token('ann', 'Ann Lee')

/** Of the witness, before a case. */
let seen = witness.frames.length
let said = 0

async function allIsWell(t: Test): Promise<void> {
  const ready = await fetch(`${node.url}/readyz`)
  t.equal(ready.status, 200)
  t.ok(process.kill(node.pid, 0), 'the same process')
  const content = `all is well ${++said}`
  const { rev } = await say(witness, chatId, content)
  await messagePush(witness, content)
  const expected = ['hello', 'reply', 'message', 'presence', 'chat_activity']
  const unexpected = witness.frames.slice(seen).filter((frame) => !expected.includes(frame.type))
  t.same(unexpected, [])
  t.equal(rev, said, 'no other event in the chat')
  seen = witness.frames.length
}

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const sized = (bytes: number) => {
  const head = `{"type":"send","ref":"big","chatId":"${chatId}","content":"`
  return `${head}${'x'.repeat(bytes - head.length - 2)}"}`
}
const send = (content: string, more = '') =>
  `{"type":"send","ref":7,"chatId":"${chatId}","content":"${content}"${more}}`

type Refusal = { code: string; ref?: string | number | null }
const frames: [what: string, frame: string | Buffer, refusal: Refusal][] = [
  ['not JSON', 'hello', { code: 'bad_request', ref: null }],
  ['half of JSON', '{"type":"ping","ref":1', { code: 'bad_request', ref: null }],
  ['nothing', '', { code: 'bad_request', ref: null }],
  ['a string', '"ping"', { code: 'bad_request', ref: null }],
  ['null', 'null', { code: 'bad_request', ref: null }],
  ['a list', '[{"type":"ping"}]', { code: 'bad_request', ref: null }],
  ['no type', '{"ref":7}', { code: 'bad_request', ref: 7 }],
  ['an unknown type', '{"type":"shout","ref":7}', { code: 'bad_request', ref: 7 }],
  ['a type of the prototype', '{"type":"constructor","ref":7}', { code: 'bad_request', ref: 7 }],
  ['a type that is no string', '{"type":{"a":1},"ref":7}', { code: 'bad_request', ref: 7 }],
  ['a ref that is an object', '{"type":"ping","ref":{}}', { code: 'bad_request', ref: null }],
  [
    'a ref that is too long',
    `{"type":"ping","ref":"${'r'.repeat(129)}"}`,
    { code: 'bad_request', ref: null },
  ],
  ['a ref beyond all numbers', '{"type":"ping","ref":1e999}', { code: 'bad_request', ref: null }],
  ['no chatId', '{"type":"send","ref":7,"content":"x"}', { code: 'bad_request', ref: 7 }],
  [
    'a chatId that is an object',
    '{"type":"join","ref":7,"chatId":{"$ne":1}}',
    { code: 'bad_request', ref: 7 },
  ],
  [
    'content that is a number',
    `{"type":"send","ref":7,"chatId":"${chatId}","content":5}`,
    { code: 'bad_request', ref: 7 },
  ],
  [
    'an edit without content',
    `{"type":"edit","ref":7,"chatId":"${chatId}","seq":1}`,
    { code: 'bad_request', ref: 7 },
  ],
  [
    'an edit of no message',
    `{"type":"edit","ref":7,"chatId":"${chatId}","content":"x"}`,
    { code: 'bad_request', ref: 7 },
  ],
  [
    'NUL in an edit',
    `{"type":"edit","ref":7,"chatId":"${chatId}","seq":1,"content":"\\u0000"}`,
    { code: 'bad_request', ref: 7 },
  ],
  [
    'a lone surrogate in an edit',
    `{"type":"edit","ref":7,"chatId":"${chatId}","seq":1,"content":"\\ud800"}`,
    { code: 'bad_request', ref: 7 },
  ],
  [
    'an edit that is too large',
    `{"type":"edit","ref":7,"chatId":"${chatId}","seq":1,"content":"${'x'.repeat(8193)}"}`,
    { code: 'too_large', ref: 7 },
  ],
  ...['"1"', '-1', '1.5', '9007199254740992', '1e999', 'null', '[1]'].map(
    (seq): [string, string, Refusal] => [
      `a deletion of message ${seq}`,
      `{"type":"delete","ref":7,"chatId":"${chatId}","seq":${seq}}`,
      { code: 'bad_request', ref: 7 },
    ],
  ),
  ['attachments that are no list', send('x', ',"attachments":"a"'), { code: 'bad_request', ref: 7 }],
  ['NUL in content', send('a\\u0000b'), { code: 'bad_request', ref: 7 }],
  ['NUL in a chatId', '{"type":"join","ref":7,"chatId":"a\\u0000"}', { code: 'bad_request', ref: 7 }],
  ['NUL in a clientId', send('x', ',"clientId":"\\u0000"'), { code: 'bad_request', ref: 7 }],
  ['a lone surrogate in content', send('\\ud800'), { code: 'bad_request', ref: 7 }],
  ['a lone surrogate at the end', send('x\\udc00'), { code: 'bad_request', ref: 7 }],
  [
    'a lone surrogate in a chatId',
    '{"type":"read","ref":7,"chatId":"\\ud800","seq":1}',
    { code: 'bad_request', ref: 7 },
  ],
  ['a lone surrogate in a clientId', send('x', ',"clientId":"\\udfff"'), { code: 'bad_request', ref: 7 }],
  [
    'one of the type that a prototype gives',
    '{"__proto__":{"type":"ping"},"ref":7}',
    { code: 'bad_request', ref: 7 },
  ],
  ['60,000 brackets', nested(30_000), { code: 'bad_request', ref: null }],
  [
    '60,000 brackets as content',
    `{"type":"send","ref":7,"chatId":"${chatId}","content":${nested(30_000)}}`,
    { code: 'bad_request', ref: 7 },
  ],
  ['60,000 brackets as a ref', `{"type":"ping","ref":${nested(30_000)}}`, { code: 'bad_request', ref: null }],
  ['a binary frame', Buffer.from('{"type":"ping","ref":7}'), { code: 'bad_request', ref: null }],
  ['a frame of 64 KiB and one byte', sized(65_537), { code: 'too_large', ref: 'big' }],
  ['a frame of 128 KiB', sized(131_072), { code: 'too_large', ref: 'big' }],
  ['a large frame that is not JSON', 'x'.repeat(70_000), { code: 'too_large', ref: null }],
  ['a frame of 64 KiB whose content is too large', sized(65_536), { code: 'too_large', ref: 'big' }],
]

t.test('frames', async (t) => {
  for (const [what, frame, { code, ref }] of frames)
    await t.test(what, async (t) => {
      const client = await sessionOf(t, node, 'ann')
      client.send(frame)
      const answer = await client.next(({ type }) => type === 'error')
      t.same(Object.keys(answer).sort(), ['code', 'message', 'ref', 'temporary', 'type'])
      t.match(answer, { code, temporary: false, message: /./ })
      t.same(answer.ref, ref ?? null)
      t.ok(JSON.stringify(answer).length < 1000, 'what was sent is not sent back')
      t.match(await client.ask({ type: 'ping' }), { serverTime: /Z$/ }, 'one bad frame ends no session')
      await allIsWell(t)
    })
})

t.test('unknown fields are ignored, deep ones too', async (t) => {
  const client = await sessionOf(t, node, 'ann')
  client.send(`{"type":"ping","ref":1,"extra":${nested(30_000)},"__proto__":{"admin":true}}`)
  t.match(await client.next(({ ref }) => ref === 1), { type: 'reply' })
  await allIsWell(t)
})

const ends: [what: string, act: (client: RawClient) => void][] = [
  ['a frame of more than 128 KiB', (client) => client.send(sized(131_073))],
  ['a frame of 4 MiB', (client) => client.send(sized(4 * 1024 * 1024))],
]
for (const [what, act] of ends)
  t.test(`${what} ends the connection with 1006, unanswered`, async (t) => {
    const client = await sessionOf(t, node, 'ann')
    act(client)
    t.equal((await client.closed).code, 1006)
    t.same(
      client.frames.map(({ type }) => type).filter((type) => type === 'error' || type === 'reply'),
      [],
    )
    await allIsWell(t)
  })

t.test('invalid UTF-8 ends the connection with 1006', async (t) => {
  const client = await sessionOf(t, node, 'ann')
  const socket = new WebSocket(node.wsUrl, { headers: { authorization: `Bearer ${ann}` } })
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
  socket.send(Buffer.from([0x22, 0xff, 0xfe, 0x22]), { binary: false })
  const [code] = await once(socket, 'close')
  t.equal(code, 1006)
  t.match(await client.ask({ type: 'ping' }), { serverTime: /Z$/ }, 'the other session of the user stays')
  await allIsWell(t)
})

t.test('the tenth bad frame closes 4400', async (t) => {
  const client = await sessionOf(t, node, 'ann')
  for (let ref = 1; ref <= 9; ref++) client.send({ type: 'shout', ref })
  t.match(await client.ask({ type: 'ping' }), { serverTime: /Z$/ })
  client.send({ type: 'shout', ref: 10 })
  client.send({ type: 'send', ref: 11, chatId, content: 'after the end' })
  t.equal((await client.closed).code, 4400)
  t.same(
    client.frames.filter(({ type }) => type === 'error').map(({ ref }) => ref),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  )
  t.notOk(client.frames.some(({ ref }) => ref === 11))
  await allIsWell(t)
})

t.test('refusals of the domain are no bad frames', async (t) => {
  const client = await sessionOf(t, node, 'ann')
  for (let n = 0; n < 30; n++)
    t.match(await client.request({ type: 'read', chatId, seq: 1_000_000 }), { code: 'bad_request' })
  for (let n = 0; n < 30; n++)
    t.match(await client.request({ type: 'send', chatId: 'no-such-chat', content: 'x' }), {
      code: 'not_a_member',
    })
  await allIsWell(t)
})

const inAnHour = Math.floor(Date.now() / 1000) + 3600
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const badTokens: [what: string, bearer: string | undefined, code: string][] = [
  ['no token', undefined, 'unauthenticated'],
  ['nonsense', 'nonsense', 'unauthenticated'],
  ['a token of another secret', token('ann', 'Ann', undefined, 'x'.repeat(40)), 'unauthenticated'],
  [
    'an expired token',
    signToken(
      { secret: TEST_SECRET, issuer: undefined, audience: undefined, expiresInMs: -1000 },
      { sub: 'ann', fullName: 'Ann' },
    ),
    'token_expired',
  ],
  ['algorithm none', `${part({ alg: 'none' })}.${part({ sub: 'ann', exp: inAnHour })}.`, 'unauthenticated'],
  [
    'NUL in sub',
    createSigner({ key: TEST_SECRET, algorithm: 'HS256' })({ sub: 'a\u0000', exp: inAnHour }),
    'unauthenticated',
  ],
]

for (const [what, bearer, code] of badTokens)
  t.test(`${what}, at every door`, async (t) => {
    const client = await connectRaw(t, node, bearer)
    client.send({ type: 'send', ref: 1, chatId, content: 'before the token is checked' })
    t.equal((await client.closed).code, 4401)
    t.same(client.frames, [])

    const socket = connectSocketIo(t, node, bearer ?? '')
    socket.emit('chat message', { chatId, content: 'before the token is checked' })
    const error = await eventOf(socket, 'connect_error')
    t.match(error, { message: /./, data: { code, message: /./, temporary: false } })
    t.notOk(socket.active, 'the client does not try again')

    for (const [method, path] of [
      ['GET', '/chats'],
      ['POST', `/chats/${chatId}/messages`],
      ['POST', `/chats/${chatId}/close`],
    ] as const) {
      const answer = await call(node, bearer, method, path, method === 'POST' ? { content: 'x' } : undefined)
      t.equal(answer.status, 401, path)
      t.match(answer.body, { error: { code, temporary: false } })
    }
    await allIsWell(t)
  })

const payloads: [what: string, payload: unknown][] = [
  ['no payload', undefined],
  ['null', null],
  ['a number', 5],
  ['a string', 'chat'],
  ['a huge string', 'x'.repeat(1_000_000)],
  ['true', true],
  ['a list', [{ chatId }]],
  ['bytes', Buffer.from('{"chatId":"x"}')],
  ['wrong types', { chatId: { toString: 'x' }, content: 7, seq: 'x', active: 'x' }],
]

t.test('Socket.IO: payloads that are no object, or of wrong types', async (t) => {
  for (const event of ['join', 'leave', 'chat message', 'edit', 'delete', 'read', 'typing']) {
    const socket = connectSocketIo(t, node, ann)
    for (const [what, payload] of payloads) {
      const answer: unknown = await socket.timeout(20_000).emitWithAck(event, payload)
      t.match(
        answer,
        { type: 'error', ref: null, code: 'bad_request', message: /./, temporary: false },
        `${event}: ${what}`,
      )
    }
    t.ok(socket.connected, 'nine are no reason to end a session')
    socket.emit(event, 'the tenth is')
    t.same(await eventOf(socket, 'disconnect'), 'io server disconnect')
  }
  await allIsWell(t)
})

t.test('Socket.IO: content has the same bounds as at the raw door', async (t) => {
  const socket = connectSocketIo(t, node, ann)
  const cases: [code: string, more: object][] = [
    ['too_large', { content: 'x'.repeat(8193) }],
    ['too_large', { content: 'x'.repeat(1_000_000) }],
    ['bad_request', { content: '' }],
    ['bad_request', { content: 'a\u0000b' }],
    ['bad_request', { content: '\ud800' }],
    ['bad_request', { content: 'x', clientId: 'c'.repeat(65) }],
    ['bad_request', { content: 'x', attachments: 'a' }],
    ['bad_request', { content: 'x', attachments: [{ name: 'f' }] }],
    ['unsupported_type', { content: '', attachments: [{ name: 'f.jpg', data: Buffer.from('file') }] }],
    ['not_found', { content: 'x', attachments: ['a'] }],
  ]
  for (const [code, more] of cases) {
    const answer: unknown = await socket.timeout(20_000).emitWithAck('chat message', { chatId, ...more })
    t.match(answer, { type: 'error', code, temporary: false })
  }
  for (const [code, more] of [
    ['too_large', { seq: 1, content: 'x'.repeat(8193) }],
    ['bad_request', { seq: 1, content: 'a\u0000b' }],
    ['bad_request', { seq: 1, content: '\udfff' }],
    ['bad_request', { seq: '1', content: 'x' }],
    ['not_found', { seq: 1_000_000, content: 'x' }],
  ] as const) {
    const answer: unknown = await socket.timeout(20_000).emitWithAck('edit', { chatId, ...more })
    t.match(answer, { type: 'error', code, temporary: false })
  }
  await allIsWell(t)
})

t.test('Socket.IO: a type in the payload does not make it another frame', async (t) => {
  const socket = connectSocketIo(t, node, ann)
  const answer: unknown = await socket
    .timeout(20_000)
    .emitWithAck('ping', { type: 'send', chatId, content: 'x' })
  t.match(answer, { type: 'reply', data: { serverTime: /Z$/ } })
  await allIsWell(t)
})

t.test('Socket.IO: unknown events are ignored', async (t) => {
  const socket = connectSocketIo(t, node, ann)
  const events: string[] = []
  socket.onAny((event: string) => events.push(event))
  for (const event of ['message', 'send', 'user joined', 'constructor', '__proto__', '', 'x'.repeat(10_000)])
    socket.emit(event, { chatId, content: 'not said' })
  const answer: unknown = await socket.timeout(20_000).emitWithAck('ping', {})
  t.match(answer, { type: 'reply' })
  t.same(
    events.filter((event) => event !== 'hello' && event !== 'chat activity'),
    [],
  )
  await allIsWell(t)
})

t.test('Socket.IO: more than 10 MB ends the connection', async (t) => {
  const socket = connectSocketIo(t, node, ann)
  socket.io.reconnection(false)
  await eventOf(socket, 'connect')
  socket.emit('chat message', { chatId, content: 'x'.repeat(11_000_000) })
  await eventOf(socket, 'disconnect')
  await allIsWell(t)
})

t.test('Socket.IO: there is nothing outside the namespace /chat', async (t) => {
  for (const path of ['/', '/other']) {
    const socket = io(`${node.url}${path}`, { auth: { token: ann }, forceNew: true, reconnection: false })
    t.teardown(() => socket.close())
    const outcome = await Promise.race([
      eventOf(socket, 'connect').then(() => 'connected'),
      eventOf(socket, 'connect_error').then(() => 'refused'),
    ])
    t.equal(outcome, 'refused', path)
  }
  await allIsWell(t)
})

const cursorOf = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const shop = serviceToken()
const messages = `/chats/${chatId}/messages`
const order = (fields: object) => ({ type: 'order', orderId: 'o', members: [{ userId: 'u' }], ...fields })
type Rest = {
  what: string
  method?: string
  path: string
  body?: unknown
  headers?: Record<string, string>
  bearer?: string
  status?: number
  code?: string
}
const requests: Rest[] = [
  { what: 'broken JSON', path: messages, body: '{"content":' },
  { what: 'no JSON', path: messages, body: 'hello' },
  { what: 'an empty body of JSON', path: messages, body: '' },
  { what: 'a list as body', path: messages, body: [] },
  { what: 'null as body', path: messages, body: 'null' },
  { what: 'content that is a number', path: messages, body: { content: 5 } },
  { what: 'no content', path: messages, body: {} },
  { what: 'empty content', path: messages, body: { content: '' } },
  { what: 'NUL in content', path: messages, body: { content: 'a\u0000' } },
  { what: 'a lone surrogate', path: messages, body: '{"content":"\\ud800"}' },
  { what: 'a poisoned prototype', path: messages, body: '{"content":"x","__proto__":{"a":1}}' },
  { what: 'deep nesting', path: messages, body: `{"content":${nested(30_000)}}` },
  {
    what: 'content that is too large',
    path: messages,
    body: { content: 'x'.repeat(8193) },
    status: 413,
    code: 'too_large',
  },
  {
    what: 'a body that is too large',
    path: messages,
    body: { content: 'x'.repeat(70_000) },
    status: 413,
    code: 'too_large',
  },
  {
    what: 'an Idempotency-Key that is too long',
    path: messages,
    body: { content: 'x' },
    headers: { 'idempotency-key': 'k'.repeat(65) },
  },
  {
    what: 'an attachment that there is none of',
    path: messages,
    body: { content: 'x', attachments: ['a'] },
    status: 404,
    code: 'not_found',
  },
  ...[
    'text/plain',
    'application/xml',
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    'nonsense',
  ].map((type) => ({
    what: `content of type ${type}`,
    path: messages,
    body: '{"content":"x"}',
    headers: { 'content-type': type },
    status: 415,
    code: 'unsupported_type',
  })),
  ...[
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=1.5',
    'limit=x',
    'limit=',
    'page=0',
    'page=x',
    'page=1&page=2',
    'cursor=nonsense',
    'before=-1',
    'before=x',
    'after=1.5',
    'after=1e400',
  ].map((query) => ({ what: query, method: 'GET', path: `${messages}?${query}` })),
  ...[
    'page=1&before=5',
    'page=1&after=5',
    'before=5&after=1',
    `cursor=${cursorOf({ before: 3 })}&page=1`,
  ].map((query) => ({
    what: `two ways at once: ${query}`,
    method: 'GET',
    path: `${messages}?${query}`,
  })),
  ...[{ before: 1.5 }, { before: 1e300 }, { before: 'x' }, { before: -1 }, {}, [], null, 5].map((value) => ({
    what: `a forged cursor of messages: ${JSON.stringify(value)}`,
    method: 'GET',
    path: `${messages}?cursor=${cursorOf(value)}`,
  })),
  ...[
    'limit=101',
    'page=0',
    'archived=maybe',
    'type=other',
    'q=',
    'q=%00',
    `q=${'x'.repeat(101)}`,
    'orderId=',
    'cursor=x',
    `page=1&cursor=${cursorOf({ activity: new Date(), id: 'x' })}`,
  ].map((query) => ({ what: query, method: 'GET', path: `/chats?${query}` })),
  ...[
    { activity: '2026-01-01', id: '\u0000' },
    { activity: '2026-01-01', id: 5 },
    { activity: 'x', id: 'x' },
    { activity: 8.64e15, id: 'x' },
    { activity: -8.64e15, id: 'x' },
    {},
    null,
  ].map((value) => ({
    what: `a forged cursor of chats: ${JSON.stringify(value)}`,
    method: 'GET',
    path: `/chats?cursor=${cursorOf(value)}`,
  })),
  { what: 'NUL in a path', method: 'GET', path: '/chats/%00' },
  { what: 'a path that is no UTF-8', method: 'GET', path: '/chats/%E0%A4%A' },
  { what: 'an id of 65 characters', method: 'GET', path: `/chats/${'c'.repeat(65)}` },
  { what: 'an unknown route', method: 'GET', path: '/nothing', status: 404, code: 'not_found' },
  { what: 'an unknown method', method: 'PUT', path: '/chats', status: 404, code: 'not_found' },
  { what: 'an unknown chat', method: 'GET', path: '/chats/nothing', status: 403, code: 'not_a_member' },
  ...[
    { type: 'other' },
    { members: [] },
    { members: 'u' },
    { members: [{}] },
    { members: [{ userId: '' }] },
    { members: [{ userId: 'u'.repeat(65) }] },
    { members: Array(101).fill({ userId: 'u' }) },
    { members: [{ userId: 'u', role: 'king' }] },
    { members: [{ userId: 'u', fullName: 'a\u0000' }] },
    { orderId: '' },
    { orderId: 5 },
    { orderId: undefined },
    { subject: '' },
    { subject: 'x'.repeat(201) },
    { metadata: [] },
    { metadata: 'x' },
    { metadata: { a: '\u0000' } },
    { metadata: { 'a\u0000': 1 } },
    { metadata: { a: 'x'.repeat(8192) } },
  ].map((fields) => ({
    what: `a new chat with ${JSON.stringify(fields).slice(0, 60)}`,
    path: '/chats',
    body: order(fields),
    bearer: shop,
  })),
  ...[{}, { content: 5 }, { content: 'a\u0000' }, '{"content":"\\ud800"}', '{"content":', 'null', []].map(
    (body) => ({
      what: `an edit to ${JSON.stringify(body)}`,
      method: 'PATCH',
      path: `${messages}/1`,
      body,
    }),
  ),
  {
    what: 'an edit that is too large',
    method: 'PATCH',
    path: `${messages}/1`,
    body: { content: 'x'.repeat(8193) },
    status: 413,
    code: 'too_large',
  },
  ...['x', '-1', '1.5', '1e400', '9007199254740992', '%00'].flatMap((seq) =>
    ['PATCH', 'DELETE'].map((method) => ({
      what: `${method} of message ${seq}`,
      method,
      path: `${messages}/${seq}`,
      ...(method === 'PATCH' ? { body: { content: 'x' } } : {}),
    })),
  ),
  {
    what: 'DELETE of a message that is not there',
    method: 'DELETE',
    path: `${messages}/1000000`,
    status: 404,
    code: 'not_found',
  },
  { what: 'a mark that is a string', path: `/chats/${chatId}/read`, body: { seq: '1' } },
  { what: 'a mark above the end', path: `/chats/${chatId}/read`, body: { seq: 1e6 } },
  { what: 'sticky that is a string', path: `/chats/${chatId}/archive`, body: { sticky: 'yes' } },
  { what: 'no name', method: 'PUT', path: '/users/u', body: {}, bearer: shop },
  { what: 'an empty name', method: 'PUT', path: '/users/u', body: { fullName: ' ' }, bearer: shop },
  {
    what: 'a name that is too long',
    method: 'PUT',
    path: '/users/u',
    body: { fullName: 'x'.repeat(201) },
    bearer: shop,
  },
]

t.test('REST', async (t) => {
  for (const {
    what,
    method = 'POST',
    path,
    body,
    headers,
    bearer = ann,
    status = 400,
    code = 'bad_request',
  } of requests)
    await t.test(what, async (t) => {
      const answer = await call(node, bearer, method, path, body, headers)
      t.equal(answer.status, status)
      t.same(Object.keys(answer.body), ['error'])
      t.same(Object.keys(answer.body.error).sort(), ['code', 'message', 'requestId', 'temporary'])
      t.match(answer.body.error, { code, temporary: false, message: /./, requestId: /./ })
      t.equal(answer.headers.get('retry-after'), null)
      t.ok(JSON.stringify(answer.body).length < 1000)
    })
  await allIsWell(t)
})

t.test('service routes are closed to users', async (t) => {
  for (const [method, path, body] of [
    ['POST', '/chats', order({})],
    ['POST', `/chats/${chatId}/members`, { userId: 'eve' }],
    ['DELETE', `/chats/${chatId}/members/wit`, undefined],
    ['POST', `/chats/${chatId}/close`, undefined],
    ['POST', `/chats/${chatId}/reopen`, undefined],
    ['POST', `/chats/${chatId}/system-messages`, { content: 'x' }],
    ['PUT', '/users/ann', { fullName: 'Queen' }],
  ] as const) {
    const answer = await call(node, ann, method, path, body)
    t.equal(answer.status, 403, `${method} ${path}`)
    t.match(answer.body, { error: { code: 'forbidden' } })
  }
  await allIsWell(t)
})
