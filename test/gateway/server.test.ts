import t from 'tap'
import { TEST_SECRET } from '../helpers/clients.js'
import { sessionOf, startTestNode } from '../helpers/frames.js'
import { runMain } from '../helpers/main.js'
import { createDatabase } from '../helpers/postgres.js'

const node = await startTestNode(t)

t.test('a second process on the same WS_PORT is refused with a clear message', async (t) => {
  const before = await sessionOf(t, node, 'ann')
  const { url: DATABASE_URL } = await createDatabase(t)
  const second = await runMain(t, { DATABASE_URL, JWT_SECRET: TEST_SECRET, WS_PORT: String(node.wsPort) })
  t.equal(second.code, 1)
  t.match(second.output, new RegExp(`WS_PORT ${node.wsPort} on 127\\.0\\.0\\.1 is taken`))
  // The one that has the port keeps it.
  t.match(await before.ask({ type: 'ping' }), { serverTime: /Z$/ })
  await sessionOf(t, node, 'bob')
})

t.test('plain HTTP on WS_PORT answers 404 everywhere', async (t) => {
  const origin = node.wsUrl.replace('ws:', 'http:').replace(/\/ws$/, '')
  for (const [method, path] of [
    ['GET', '/'],
    ['GET', '/ws'],
    ['POST', '/ws'],
    ['GET', '/chats'],
  ] as const) {
    const response = await fetch(`${origin}${path}`, { method })
    t.equal(response.status, 404, `${method} ${path}`)
    t.match(await response.text(), /\/ws/)
  }
})

t.test('a WebSocket to another path is refused', async (t) => {
  const url = node.wsUrl.replace(/\/ws$/, '/socket')
  await t.rejects(sessionOf(t, { wsUrl: url }, 'ann'), { message: /404/ })
})

t.test('the whole road of one session: hello, ping, close', async (t) => {
  const client = await sessionOf(t, node, 'ann')
  const { serverTime } = await client.ask({ type: 'ping' })
  t.match(serverTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  await client.close()
  t.equal((await client.closed).code, 1005)
})
