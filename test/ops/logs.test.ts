import pg from 'pg'
import t from 'tap'
import { z } from 'zod'
import {
  call,
  connectRaw,
  connectSocketIo,
  createChat,
  TEST_SECRET,
  token,
  until,
} from '../helpers/clients.js'
import { eventOf, joinChat, say, sessionOf } from '../helpers/frames.js'
import { createDatabase } from '../helpers/postgres.js'
import { startNode } from '../helpers/processes.js'

const POISON = 'said to be refused by the database'
const CONTENT = 'said by all three doors'

const line = z.looseObject({ level: z.number(), msg: z.string() })

t.test('the log of a node says who and where, and never a token or a content', async (t) => {
  const { url } = await createDatabase(t)
  const node = await startNode(t, { DATABASE_URL: url, JWT_SECRET: TEST_SECRET, LOG_LEVEL: 'trace' })
  const database = new pg.Client({ connectionString: url })
  await database.connect()
  t.teardown(() => database.end())
  // A failure that nobody expects, and that has the content in its detail.
  await database.query(`alter table messages add check (content not like '%${POISON}%')`)

  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = [token('ann', 'Ann'), token('bob', 'Bob')]
  const client = await sessionOf(t, node, 'ann')
  const hello = await client.next(({ type }) => type === 'hello')
  await joinChat(client, chatId)
  await say(client, chatId, CONTENT)
  t.match(await client.request({ type: 'send', chatId, content: POISON }), { code: 'internal' })
  client.send(`{ "type": "send", "content": "${CONTENT}`)
  client.send({ type: 'say', content: CONTENT })
  for (const how of ['subprotocol', 'query'] as const) {
    const other = await connectRaw(t, node, ann, how)
    await other.next(({ type }) => type === 'hello')
    await other.ask({ type: 'auth', token: token('ann', 'Ann') })
    await other.close()
  }
  const stranger = await connectRaw(t, node, `${ann}x`)
  t.equal((await stranger.closed).code, 4401)

  const socket = connectSocketIo(t, node, bob)
  await eventOf(socket, 'connect')
  const answered = (event: string, data: object) =>
    new Promise<unknown>((resolve) => socket.emit(event, data, resolve))
  t.match(await answered('join', { chatId }), { type: 'reply' })
  t.match(await answered('chat message', { chatId, content: CONTENT }), { type: 'reply' })
  t.match(await answered('chat message', { chatId, content: POISON }), { code: 'internal' })
  t.match(await answered('chat message', { chatId, attachments: [Buffer.from(CONTENT)], content: POISON }), {
    code: 'internal',
  })

  const path = `/chats/${chatId}/messages`
  t.equal((await call(node, bob, 'POST', path, { content: CONTENT })).status, 201)
  const failed = await call(node, bob, 'POST', path, { content: POISON })
  t.equal(failed.status, 500)
  const refused = await call(node, bob, 'POST', path, `{ "content": "${CONTENT}`)
  t.equal(refused.status, 400)
  t.equal((await call(node, `${bob}x`, 'GET', path)).status, 401)
  t.equal(
    (await call(node, bob, 'GET', `${path}?q=${encodeURIComponent(CONTENT)}&access_token=${bob}`)).status,
    200,
  )

  await client.close()
  const ended = () => node.output().includes('a session has ended')
  await until(ended, 'the end of a session is in the log')
  t.equal(await node.stop(), 0)

  const output = node.output()
  const lines = output
    .trim()
    .split('\n')
    .map((text) => line.parse(JSON.parse(text)))
  for (const secret of [POISON, CONTENT, encodeURIComponent(CONTENT), ann, bob, TEST_SECRET])
    t.notOk(output.includes(secret), `never: ${secret.slice(0, 30)}`)
  // A token in pieces, or a new one: all of them begin with the same header.
  t.notOk(output.includes(ann.slice(0, 20)))

  const saying = (msg: string) => lines.filter((one) => one.msg === msg)
  const { sessionId } = hello
  t.match(saying('a session has begun'), [
    { sessionId, userId: 'ann', door: 'raw' },
    {},
    {},
    { door: 'socketio' },
  ])
  t.match(
    saying('a session has ended').filter((one) => one.sessionId === sessionId),
    [{ userId: 'ann', door: 'raw', code: 'none' }],
  )
  const [frame, ...more] = saying('a frame failed')
  t.match(frame, { sessionId, chatId, type: 'send', error: { code: '23514' } })
  t.equal(more.length, 2)
  t.match(saying('a frame is refused'), [{ sessionId, code: 'bad_request' }, { code: 'bad_request' }])
  t.match(saying('a request failed'), [
    { requestId: failed.body.error.requestId, chatId, method: 'POST', route: '/chats/:id/messages' },
  ])
  t.match(saying('a request is refused')[0], { requestId: refused.body.error.requestId, code: 'bad_request' })
  t.match(saying('a handshake is refused'), [{ door: 'raw', code: 'unauthenticated' }])
})
