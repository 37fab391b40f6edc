import io from 'socket.io-client'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { call, createChat, token } from '../helpers/clients.js'
import { eventOf, nameOf, startTestNode } from '../helpers/frames.js'

/**
 * The client code that Parley was asked to serve, kept as it was written: only its address, its token and the id
 * of its chat are filled in, and what it logs is looked at.
 */
const node = await startTestNode(t)
const listen = 'http://localhost:3000'.replace('http://localhost:3000', node.url)

/** The seed's "Connect". */
function connectAsInTheSeed(t: Test, accessToken: string) {
  const socket = io(`${listen}/chat`, {
    auth: {
      token: accessToken,
    },
    // Two clients of one process would share a connection.
    forceNew: true,
  })
  t.teardown(() => socket.close())
  return socket
}

const seedMessage = z.looseObject({
  id: z.string(),
  chatId: z.string(),
  senderId: z.string(),
  content: z.string(),
  timestamp: z.iso.datetime(),
  attachments: z.array(z.unknown()),
  sender: z.strictObject({ id: z.string(), fullName: z.string() }),
})
const seedJoined = z.looseObject({ userId: z.string(), chatId: z.string() })

t.test('connect, join, say something and hear it, on both sides', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const log: string[] = []
  const messages: z.infer<typeof seedMessage>[] = []

  // The customer, as in the seed.
  const socket = connectAsInTheSeed(t, token('ann', 'Ann Lee'))
  const connected = new Promise<void>((resolve) => {
    socket.on('connect', () => {
      log.push('Connected to chat')
      resolve()
    })
  })
  await connected
  socket.emit('join', { chatId })
  const annHears = eventOf(socket, 'user joined')
  socket.on('user joined', (data: unknown) => {
    log.push(`${seedJoined.parse(data).userId} joined chat`)
  })
  socket.on('message', (data: unknown) => {
    const message = seedMessage.parse(data)
    log.push(`${message.sender.fullName}: ${message.content}`)
    messages.push(message)
  })
  t.match(await annHears, { userId: 'ann', chatId }, 'the one who joins hears of it too')

  // The seller does the same.
  const other = connectAsInTheSeed(t, token('bob', 'Bob Ray'))
  await eventOf(other, 'connect')
  const annHearsBob = eventOf(socket, 'user joined')
  other.emit('join', { chatId })
  t.match(await annHearsBob, { userId: 'bob', chatId })

  const heard = eventOf(other, 'message')
  const own = eventOf(socket, 'message')
  socket.emit('chat message', {
    chatId,
    content: 'Hello!',
    attachments: [], // Optional file attachments
  })
  const message = seedMessage.parse(await heard)
  t.match(message, {
    chatId,
    senderId: 'ann',
    content: 'Hello!',
    attachments: [],
    sender: { id: 'ann', fullName: 'Ann Lee' },
  })
  t.ok(Math.abs(Date.parse(message.timestamp) - Date.now()) < 60_000)
  t.same(await own, message, 'to the whole room, the sender too')

  const answer = eventOf(socket, 'message')
  other.emit('chat message', { chatId, content: 'Hi Ann' })
  t.match(await answer, { senderId: 'bob', content: 'Hi Ann', sender: { fullName: 'Bob Ray' } })
  t.same(log, [
    'Connected to chat',
    'ann joined chat',
    'bob joined chat',
    'Ann Lee: Hello!',
    'Bob Ray: Hi Ann',
  ])
  t.same(
    messages.map(({ seq }) => seq),
    [1, 2],
  )
})

t.test('one who is no member and joins is disconnected', async (t) => {
  const chatId = await createChat(node, ['ann'])
  for (const one of [chatId, 'chat-123']) {
    const socket = connectAsInTheSeed(t, token('eve', 'Eve'))
    await eventOf(socket, 'connect')
    socket.emit('join', { chatId: one })
    t.equal(await eventOf(socket, 'disconnect'), 'io server disconnect')
    t.notOk(socket.active, 'and does not come back by itself')
  }
})

t.test('one who is no member cannot send, and nobody hears it', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const ann = connectAsInTheSeed(t, token('ann', 'Ann Lee'))
  await eventOf(ann, 'connect')
  const joined = eventOf(ann, 'user joined')
  ann.emit('join', { chatId })
  await joined
  const contents: unknown[] = []
  ann.on('message', (message) => contents.push(seedMessage.parse(message).content))
  const eve = connectAsInTheSeed(t, token('eve', 'Eve'))
  await eventOf(eve, 'connect')
  const refused = eventOf(eve, 'parley error')
  eve.emit('chat message', { chatId, content: 'Let me in', attachments: [] })
  t.match(await refused, { code: 'not_a_member' })
  const heard = eventOf(ann, 'message')
  ann.emit('chat message', { chatId, content: 'Alone' })
  await heard
  t.same(contents, ['Alone'])
})

t.test('a bad token is refused, and the client is told why', async (t) => {
  for (const bad of [
    '',
    'nonsense',
    token('ann', 'Ann', undefined, 'another secret, long enough for HS256'),
  ]) {
    const socket = connectAsInTheSeed(t, bad)
    const error = await eventOf(socket, 'connect_error')
    t.match(error, { message: /./, data: { code: 'unauthenticated', temporary: false } })
    t.notOk(socket.connected)
  }
})

for (const transports of [['polling'], ['websocket'], undefined])
  t.test(
    `by ${transports ?? 'polling first, then WebSocket, which is what a client does by itself'}`,
    async (t) => {
      const chatId = await createChat(node, ['ann'])
      const socket = io(`${listen}/chat`, {
        auth: { token: token('ann', 'Ann Lee') },
        forceNew: true,
        ...(transports === undefined ? {} : { transports }),
      })
      t.teardown(() => socket.close())
      await eventOf(socket, 'connect')
      if (transports === undefined && socket.io.engine.transport.name === 'polling')
        await new Promise((resolve) => socket.io.engine.once('upgrade', resolve))
      t.equal(socket.io.engine.transport.name, transports?.[0] ?? 'websocket')
      const joined = eventOf(socket, 'user joined')
      socket.emit('join', { chatId })
      await joined
      const heard = eventOf(socket, 'message')
      socket.emit('chat message', { chatId, content: 'Hello!', attachments: [] })
      t.match(await heard, { content: 'Hello!' })
    },
  )

t.test('the three routes of the seed', async (t) => {
  const [customer, seller] = [`ann-${crypto.randomUUID()}`, `bob-${crypto.randomUUID()}`]
  const access = token(customer, nameOf('ann'))
  const ids = [await createChat(node, [customer, seller]), await createChat(node, [customer, seller])]
  const [first, second] = ids
  const socket = connectAsInTheSeed(t, access)
  await eventOf(socket, 'connect')
  for (let n = 1; n <= 3; n++)
    await socket.emitWithAck('chat message', { chatId: first, content: `m${n}`, attachments: [] })

  const chats = await call(node, access, 'GET', '/chats?page=1&limit=20')
  t.match(chats, { status: 200, body: { pagination: { page: 1, limit: 20, total: 2 } } })
  t.same(
    chats.body.data.map((chat: { id: string }) => chat.id),
    [first, second],
    'the latest activity first',
  )
  const paged = await call(node, access, 'GET', '/chats?page=2&limit=1')
  t.match(paged.body, { data: [{ id: second }], pagination: { page: 2, limit: 1, total: 2 } })

  const messages = await call(node, access, 'GET', `/chats/${first}/messages?page=1&limit=50`)
  t.match(messages, { status: 200, body: { pagination: { page: 1, limit: 50, total: 3 } } })
  t.same(
    messages.body.data.map((message: { content: string }) => message.content),
    ['m3', 'm2', 'm1'],
  )

  t.equal((await call(node, access, 'POST', `/chats/${first}/archive`)).status, 200)
  const left = await call(node, access, 'GET', '/chats?page=1&limit=20')
  t.same(
    left.body.data.map((chat: { id: string }) => chat.id),
    [second],
  )
  t.equal(
    (await call(node, token(seller, 'Bob'), 'GET', '/chats')).body.pagination.total,
    2,
    'for the other one it is there',
  )
})
