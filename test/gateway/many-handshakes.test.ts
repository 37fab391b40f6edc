import t from 'tap'
import WebSocket from 'ws'
import { TEST_SECRET, token } from '../helpers/clients.js'
import { createDatabase } from '../helpers/postgres.js'
import { startNode } from '../helpers/processes.js'

const ROUNDS = 10
const AT_ONCE = 200

// uWS closed about one in five hundred sockets that were upgraded after the token was checked (decision 6).
t.test('no connection is lost in a crowd of handshakes', async (t) => {
  const { url: DATABASE_URL } = await createDatabase(t)
  const node = await startNode(t, { DATABASE_URL, JWT_SECRET: TEST_SECRET })
  const outcomes = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round++) {
    const users = Array.from({ length: AT_ONCE }, (_, index) => `user-${round}-${index}`)
    for (const outcome of await Promise.all(users.map((user) => connectAndPing(node.wsUrl, user))))
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  t.strictSame([...outcomes], [['answered', ROUNDS * AT_ONCE]])
})

/** Pings as soon as the socket is open, which is before the token has been checked. */
function connectAndPing(url: string, user: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token(user, user)}` } })
    socket.on('open', () => socket.send('{"type":"ping","ref":1}'))
    socket.on('message', (data) => {
      if (!data.toString().startsWith('{"type":"reply"')) return
      resolve('answered')
      socket.terminate()
    })
    socket.on('error', () => {})
    socket.on('close', (code) => resolve(`closed ${code}`))
  })
}
