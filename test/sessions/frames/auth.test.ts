import t from 'tap'
import { connectRaw, connectSocketIo, createChat, shortToken, token } from '../../helpers/clients.js'
import { eventOf, joinChat, messagePush, say, sessionOf, startTestNode } from '../../helpers/frames.js'

const node = await startTestNode(t)

t.test('a token that expires ends its session with 4401, at every door', async (t) => {
  const expiring = shortToken('ann', 2000)
  const raw = await connectRaw(t, node, expiring)
  await raw.next(({ type }) => type === 'hello')
  const socket = connectSocketIo(t, node, expiring)
  await eventOf(socket, 'hello')
  const gone = eventOf(socket, 'disconnect')
  t.equal((await raw.closed).code, 4401)
  t.equal(await gone, 'io server disconnect', 'the client does not connect again by itself')
})

t.test('a newer token keeps the session, and its chats', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const ann = await connectRaw(t, node, shortToken('ann', 2000))
  const witness = await connectRaw(t, node, shortToken('ann', 2000))
  await joinChat(ann, chatId)
  const expiresAt = await expiryAfter(ann, token('ann', 'Ann Lee'))
  t.ok(Date.parse(expiresAt) > Date.now() + 3_000_000)
  await witness.closed
  const bob = await sessionOf(t, node, 'bob')
  await say(bob, chatId, 'still there?')
  await messagePush(ann, 'still there?')
  await say(ann, chatId, 'I am')
  t.match(await messagePush(ann, 'I am'), { message: { sender: { id: 'ann', fullName: 'Ann Lee' } } })
})

t.test('the newest token counts, also when it expires sooner', async (t) => {
  const ann = await connectRaw(t, node, token('ann', 'Ann Lee'))
  await expiryAfter(ann, shortToken('ann', 2000))
  t.equal((await ann.closed).code, 4401)
})

t.test('a token that does not do is an error, and the session stays', async (t) => {
  const ann = await sessionOf(t, node, 'ann')
  for (const [given, code] of [
    [token('bob', 'Bob'), 'forbidden'],
    ['rubbish', 'unauthenticated'],
    [token('ann', 'Ann', undefined, 'another secret, long enough for HS256'), 'unauthenticated'],
    [shortToken('ann', -5000), 'token_expired'],
    ['', 'bad_request'],
    [undefined, 'bad_request'],
    [1, 'bad_request'],
  ] as const)
    t.match(await ann.request({ type: 'auth', token: given }), { type: 'error', code })
  t.match(await ann.request({ type: 'ping' }), { type: 'reply' })
})

t.test('over Socket.IO too', async (t) => {
  const socket = connectSocketIo(t, node, token('ann', 'Ann'))
  await eventOf(socket, 'hello')
  t.match(await socket.emitWithAck('auth', { token: token('ann', 'Ann') }), {
    type: 'reply',
    data: { expiresAt: /Z$/ },
  })
  t.match(await socket.emitWithAck('auth', { token: token('bob', 'Bob') }), { code: 'forbidden' })
})

async function expiryAfter(
  client: { ask(frame: object): Promise<Record<string, unknown>> },
  bearer: string,
): Promise<string> {
  return String((await client.ask({ type: 'auth', token: bearer })).expiresAt)
}
