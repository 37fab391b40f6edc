import { once } from 'node:events'
import { connect } from 'node:net'
import { createSigner } from 'fast-jwt'
import t from 'tap'
import { signToken } from '../../src/chat/tokens.js'
import { call, connectRaw, createChat, serviceToken, TEST_SECRET, token } from '../helpers/clients.js'
import { startTestNode } from '../helpers/frames.js'

const node = await startTestNode(t)
const ann = token('ann', 'Ann Lee')
const rules = { secret: TEST_SECRET, issuer: undefined, audience: undefined }
const expired = signToken({ ...rules, expiresInMs: -1000 }, { sub: 'ann', fullName: 'Ann Lee' })

for (const how of ['header', 'subprotocol', 'query'] as const)
  t.test(`the token may come by ${how}`, async (t) => {
    const client = await connectRaw(t, node, ann, how)
    const hello = await client.next(() => true)
    t.match(hello, {
      type: 'hello',
      sessionId: /^[0-9a-f-]{36}$/,
      user: { id: 'ann', fullName: 'Ann Lee' },
      serverTime: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
      heartbeatMs: 25_000,
      limits: { frameBytes: 65_536, contentBytes: 8192 },
    })
    t.equal(client.protocol, how === 'subprotocol' ? 'parley.v1' : '')
  })

t.test('each session has an id of its own', async (t) => {
  const clients = await Promise.all([connectRaw(t, node, ann), connectRaw(t, node, ann)])
  const hellos = await Promise.all(clients.map((client) => client.next(({ type }) => type === 'hello')))
  t.equal(new Set(hellos.map(({ sessionId }) => sessionId)).size, 2)
})

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const inAnHour = Math.floor(Date.now() / 1000) + 3600
const sign = createSigner({ key: TEST_SECRET, algorithm: 'HS256' })

const refused: Record<string, string | undefined> = {
  'no token': undefined,
  'no JWT at all': 'nonsense',
  'a token of another secret': token(
    'ann',
    'Ann Lee',
    undefined,
    'another secret, also long enough for HS256',
  ),
  'an expired token': expired,
  'a token of algorithm none': `${part({ alg: 'none', typ: 'JWT' })}.${part({ sub: 'ann', fullName: 'Ann', exp: inAnHour })}.`,
  'a token without exp': sign({ sub: 'ann', fullName: 'Ann Lee' }),
  'a token without sub': sign({ fullName: 'Ann Lee', exp: inAnHour }),
  'a token whose sub is too long': sign({ sub: 'a'.repeat(65), fullName: 'Ann Lee', exp: inAnHour }),
  'a token that is not valid yet': sign({
    sub: 'ann',
    fullName: 'Ann Lee',
    exp: inAnHour,
    nbf: inAnHour - 60,
  }),
}

for (const [what, bearer] of Object.entries(refused))
  t.test(`${what}: the socket opens and is closed 4401, and nothing else is sent`, async (t) => {
    const client = await connectRaw(t, node, bearer)
    client.send({ type: 'ping', ref: 1 })
    t.equal((await client.closed).code, 4401)
    t.same(client.frames, [])
  })

t.test('a bad token by subprotocol is closed 4401 too, with the subprotocol answered', async (t) => {
  const client = await connectRaw(t, node, 'bad', 'subprotocol')
  t.equal(client.protocol, 'parley.v1')
  t.equal((await client.closed).code, 4401)
})

t.test('the claims id and name stand in for sub and fullName', async (t) => {
  const client = await connectRaw(t, node, sign({ id: 'ida', name: 'Ida N.', exp: inAnHour }))
  t.match(await client.next(() => true), { type: 'hello', user: { id: 'ida', fullName: 'Ida N.' } })
})

t.test('a token that names nobody: the user has its id as its name', async (t) => {
  const client = await connectRaw(t, node, sign({ sub: 'nameless', exp: inAnHour }))
  t.match(await client.next(() => true), { user: { id: 'nameless', fullName: 'nameless' } })
})

t.test('what is sent together with the handshake is not handled when the token is bad', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const { socket, received } = await rawHandshake(expired, [
    { type: 'send', chatId, content: 'early', ref: 1 },
    { type: 'ping', ref: 2 },
  ])
  await once(socket, 'close')
  t.match(received(), /^HTTP\/1\.1 101 /)
  t.notMatch(received(), /"type"/)
  const history = await call(node, serviceToken(), 'GET', `/chats/${chatId}/messages`)
  t.equal(history.body.pagination.total, 0)
})

t.test('what is sent together with the handshake is not handled before the token is checked', async (t) => {
  const { socket, received } = await rawHandshake(ann, [{ type: 'ping', ref: 'early' }])
  t.teardown(() => socket.destroy())
  const text = async (part: string) => {
    while (!received().includes(part)) await once(socket, 'data')
    return received().indexOf(part)
  }
  const hello = await text('"type":"hello"')
  socket.write(maskedFrame({ type: 'ping', ref: 'later' }))
  await text('"later"')
  t.equal(received().indexOf('"type"'), hello, 'hello is the first frame')
  t.notMatch(received(), /"early"/)
})

/** A handshake written by hand, with frames in the same packet: no WebSocket client would do that. */
async function rawHandshake(bearer: string, frames: readonly object[]) {
  const socket = connect(node.wsPort, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => {})
  await once(socket, 'connect')
  const head = [
    'GET /ws HTTP/1.1',
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `Authorization: Bearer ${bearer}`,
    '',
    '',
  ].join('\r\n')
  socket.write(Buffer.concat([Buffer.from(head), ...frames.map(maskedFrame)]))
  return { socket, received: () => Buffer.concat(chunks).toString('latin1') }
}

/** A text frame of a client, of less than 126 bytes, masked with zeros. */
function maskedFrame(frame: object): Buffer {
  const payload = Buffer.from(JSON.stringify(frame))
  if (payload.length >= 126) throw new Error('too long for a short frame')
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload])
}
