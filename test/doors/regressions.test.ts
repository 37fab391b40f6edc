import { createSigner } from 'fast-jwt'
import t from 'tap'
import {
  call,
  connectRaw,
  connectSocketIo,
  createChat,
  serviceToken,
  TEST_SECRET,
  token,
} from '../helpers/clients.js'
import { startNode } from '../helpers/processes.js'

// Each of these was wrong once.
const node = await startNode(t, { JWT_SECRET: TEST_SECRET })
const shop = serviceToken()
const sign = createSigner({ key: TEST_SECRET, expiresIn: 3_600_000 })

t.test('a room that closes with a removal does not stay in the index of presence', async (t) => {
  const chatId = await createChat(node, ['r1-ann', 'r1-bob', 'r1-carol'])
  const ann = await connectRaw(t, node, token('r1-ann', 'Ann'))
  await ann.ask({ type: 'join', chatId })
  await call(node, shop, 'DELETE', `/chats/${chatId}/members/r1-ann`)
  await ann.next(({ type }) => type === 'removed')

  const bob = await connectRaw(t, node, token('r1-bob', 'Bob'))
  await bob.ask({ type: 'join', chatId })
  const carol = await connectRaw(t, node, token('r1-carol', 'Carol'))
  const toldOfCarol = () =>
    bob.frames.filter(({ type, userId }) => type === 'presence' && userId === 'r1-carol')
  await bob.next(({ type, userId }) => type === 'presence' && userId === 'r1-carol')
  await carol.ask({ type: 'join', chatId })
  await bob.next(({ type }) => type === 'user_joined')
  t.equal(toldOfCarol().length, 1)
})

t.test('a removed member does not see the chat again by its Idempotency-Key', async (t) => {
  const ida = token('r2-ida', 'Ida')
  const make = () =>
    call(
      node,
      ida,
      'POST',
      '/chats',
      { type: 'general', members: [{ userId: 'r2-bob' }] },
      { 'idempotency-key': 'k1' },
    )
  const { body } = await make()
  t.match(await make(), { status: 200, body: { id: body.id } }, 'a repeat gets the chat')
  await call(node, shop, 'DELETE', `/chats/${body.id}/members/r2-ida`)
  t.match(await make(), { status: 403, body: { error: { code: 'not_a_member' } } })
})

t.test('the first name of a user reaches the sessions that are open', async (t) => {
  const chatId = await createChat(node, ['r3-nameless'])
  const client = await connectRaw(t, node, sign({ sub: 'r3-nameless' }))
  await client.ask({ type: 'join', chatId })
  await call(node, shop, 'PUT', '/users/r3-nameless', { fullName: 'Now Named' })
  await client.ask({ type: 'send', chatId, content: 'hello' })
  t.match(await client.next(({ type }) => type === 'message'), {
    message: { sender: { fullName: 'Now Named' } },
  })
})

t.test('a token that does not say when it was made does not undo a newer name', async (t) => {
  const untimed = createSigner({ key: TEST_SECRET, noTimestamp: true })({
    sub: 'r4-ann',
    fullName: 'Stale',
    exp: Math.floor(Date.now() / 1000) + 3600,
  })
  const chatId = await createChat(node, ['r4-ann'])
  await call(node, untimed, 'GET', '/chats')
  await call(node, shop, 'PUT', '/users/r4-ann', { fullName: 'Fresh' })
  const { body } = await call(node, untimed, 'GET', `/chats/${chatId}`)
  t.match(body.members, [{ userId: 'r4-ann', fullName: 'Fresh' }])
})

t.test('a repeat for an order renames nobody but whom it adds', async (t) => {
  const order = (members: object[]) => ({ type: 'order', orderId: 'r5-order', members })
  const ann = { userId: 'r5-ann', fullName: 'Old Name' }
  await call(node, shop, 'POST', '/chats', order([ann]))
  await call(node, shop, 'PUT', '/users/r5-ann', { fullName: 'New Name' })
  const { body } = await call(
    node,
    shop,
    'POST',
    '/chats',
    order([ann, { userId: 'r5-bob', fullName: 'Bob' }]),
  )
  const { body: chat } = await call(node, shop, 'GET', `/chats/${body.id}`)
  t.match(chat.members, [
    { userId: 'r5-ann', fullName: 'New Name' },
    { userId: 'r5-bob', fullName: 'Bob' },
  ])
})

t.test('every event of Socket.IO calls its acknowledgement back, typing too', async (t) => {
  const chatId = await createChat(node, ['r6-ann'])
  const socket = connectSocketIo(t, node, token('r6-ann', 'Ann'))
  const answer: unknown = await socket.timeout(20_000).emitWithAck('typing', { chatId, active: true })
  t.match(answer, { type: 'reply', ref: null, data: {} })
})
