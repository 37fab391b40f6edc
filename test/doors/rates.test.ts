import type { Socket } from 'socket.io-client'
import t, { type Test } from 'tap'
import { z } from 'zod'
import {
  type Answer,
  call,
  connectSocketIo,
  createChat,
  serviceToken,
  token,
  until,
} from '../helpers/clients.js'
import { eventOf, nameOf, say, sessionOf, startTestNode } from '../helpers/frames.js'

/** Far more than a bucket of one a second holds. */
const MANY = 30

const node = await startTestNode(t, {
  PARLEY_RATE_MESSAGES: '1',
  PARLEY_RATE_JOINS: '1',
  PARLEY_RATE_TYPING: '1',
})

const limited = z.looseObject({
  code: z.literal('rate_limited'),
  temporary: z.literal(true),
  retryAfterMs: z.int().positive().max(1000),
})
const isLimited = (body: unknown) => limited.safeParse(body).success

let people = 0
/** Nobody whom a bucket remembers, in a chat with `bob`. */
async function newcomer(): Promise<{ userId: string; bearer: string; chatId: string }> {
  people += 1
  const userId = `user-${people}`
  return { userId, bearer: token(userId, nameOf(userId)), chatId: await createChat(node, [userId, 'bob']) }
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

async function connected(t: Test, bearer: string): Promise<Socket> {
  const socket = connectSocketIo(t, node, bearer)
  await eventOf(socket, 'connect')
  return socket
}

t.test('sends over the rate are refused one by one, and come through later', async (t) => {
  const { userId, chatId } = await newcomer()
  const client = await sessionOf(t, node, userId)
  const send = (n: number) =>
    client.request({ type: 'send', chatId, clientId: `c-${n}`, content: `number ${n}` })
  const answers = await Promise.all(times(MANY, send))
  const refused = answers.flatMap((answer, n) => (answer.type === 'error' ? [n] : []))
  t.ok(refused.length > 0 && refused.length <= MANY - 3, `${refused.length} refused`)
  for (const n of refused) t.ok(isLimited(answers[n]), JSON.stringify(answers[n]))
  t.match(await client.request({ type: 'ping' }), { type: 'reply' }, 'the session goes on')

  const [first = 0] = refused
  let answer = await send(first)
  await until(async () => {
    if (answer.type === 'error') answer = await send(first)
    return answer.type === 'reply'
  }, 'the retry is taken')
  t.match(answer.data, { seq: MANY - refused.length + 1 }, 'what was refused has left no trace')
  t.not(Object(answer.data).duplicate, true)
  const bob = await sessionOf(t, node, 'bob')
  t.match(await say(bob, chatId, 'undisturbed'), { seq: MANY - refused.length + 2 })
})

const shared: Record<string, (t: Test, one: Awaited<ReturnType<typeof newcomer>>) => Promise<unknown>> = {
  'an edit': async (t, { userId, chatId }) =>
    await (await sessionOf(t, node, userId)).request({ type: 'edit', chatId, seq: 1, content: 'x' }),
  'a delete': async (t, { userId, chatId }) =>
    await (await sessionOf(t, node, userId)).request({ type: 'delete', chatId, seq: 1 }),
  'a chat message': async (t, { bearer, chatId }) =>
    await (await connected(t, bearer)).emitWithAck('chat message', { chatId, content: 'x' }),
  'a chat message with files': async (t, { bearer, chatId }) =>
    await (await connected(t, bearer)).emitWithAck('chat message', {
      chatId,
      content: 'x',
      attachments: [Buffer.from('some text')],
    }),
  POST: async (_t, { bearer, chatId }) =>
    restError(await call(node, bearer, 'POST', `/chats/${chatId}/messages`, { content: 'x' })),
  PATCH: async (_t, { bearer, chatId }) =>
    restError(await call(node, bearer, 'PATCH', `/chats/${chatId}/messages/1`, { content: 'x' })),
  DELETE: async (_t, { bearer, chatId }) =>
    restError(await call(node, bearer, 'DELETE', `/chats/${chatId}/messages/1`)),
}

/** The error of a refusal that says so in all three ways. */
function restError({ status, headers, body }: Answer): unknown {
  return status === 429 && headers.get('retry-after') === '1' ? body.error : body
}

for (const [name, act] of Object.entries(shared))
  t.test(`${name} takes from the same bucket as a send`, async (t) => {
    await until(async () => {
      const one = await newcomer()
      const client = await sessionOf(t, node, one.userId)
      await Promise.all(times(MANY, () => client.request({ type: 'send', chatId: one.chatId, content: 'x' })))
      // Their first of this kind: refused for what was sent alone.
      return isLimited(await act(t, one))
    }, 'it is refused')
    const one = await newcomer()
    t.notOk(isLimited(await act(t, one)), 'and not without the sends')
  })

t.test('the backend has no rate by REST', async (t) => {
  const { chatId } = await newcomer()
  const answers = await Promise.all(
    times(MANY, () => call(node, serviceToken(), 'POST', `/chats/${chatId}/messages`, { content: 'x' })),
  )
  t.same(new Set(answers.map(({ status }) => status)), new Set([201]))
})

t.test('joins and resumes share a rate, and a refusal does not end the session', async (t) => {
  const { userId, chatId } = await newcomer()
  const client = await sessionOf(t, node, userId)
  const answers = await Promise.all(
    times(MANY, (n) =>
      client.request(
        n % 2 === 0 ? { type: 'join', chatId } : { type: 'resume', chats: { [chatId]: 0 }, epoch: 'e' },
      ),
    ),
  )
  t.ok(answers.filter(isLimited).length > 0)
  t.equal(answers.filter(({ type }) => type === 'reply').length + answers.filter(isLimited).length, MANY)
  t.match(
    await client.request({ type: 'send', chatId, content: 'x' }),
    { type: 'reply' },
    'sends are another rate',
  )
})

t.test('typing over the rate is refused, though it has no reply', async (t) => {
  const { userId, chatId } = await newcomer()
  const client = await sessionOf(t, node, userId)
  for (let n = 0; n < MANY; n++) client.send({ type: 'typing', ref: n, chatId, active: true })
  t.ok(isLimited(await client.next(({ type }) => type === 'error')))
})

t.test('bad frames cost no token', async (t) => {
  const { userId, chatId } = await newcomer()
  const client = await sessionOf(t, node, userId)
  for (let n = 0; n < 9; n++) await client.request({ type: 'send', chatId })
  for (let n = 0; n < 3; n++) await say(client, chatId, 'well formed')
  t.pass()
})

t.test('an acknowledgement says when to try again', async (t) => {
  const { bearer, chatId } = await newcomer()
  const socket = await connected(t, bearer)
  const answers = await Promise.all(
    times(MANY, () => socket.timeout(20_000).emitWithAck('chat message', { chatId, content: 'x' })),
  )
  t.ok(answers.filter(isLimited).length > 0)
  const told = eventOf(socket, 'parley error')
  for (let n = 0; n < MANY; n++) socket.emit('chat message', { chatId, content: 'x' })
  t.ok(isLimited(await told), 'so does an error without one')
})
