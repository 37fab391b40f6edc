import pg from 'pg'
import t from 'tap'
import { call, connectSocketIo, createChat, TEST_SECRET, token, until } from '../helpers/clients.js'
import { eventOf } from '../helpers/frames.js'
import { createDatabase } from '../helpers/postgres.js'
import { startNode } from '../helpers/processes.js'

t.test('what is said right behind a join comes back, however long the join takes', async (t) => {
  const { url } = await createDatabase(t)
  const node = await startNode(t, { DATABASE_URL: url, JWT_SECRET: TEST_SECRET })
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  t.teardown(async () => await client.end())
  const chatId = await createChat(node, ['ann', 'bob'])
  const bob = token('bob', 'Bob')
  await call(node, bob, 'GET', '/chats')
  const ann = connectSocketIo(t, node, token('ann', 'Ann'))
  await eventOf(ann, 'connect')

  // A join reads its members' names; a commit does not.
  await client.query('BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE')
  ann.emit('join', { chatId })
  const heard = new Promise((resolve) => {
    ann.on('message', (message) => message.content === 'Hello!' && resolve(message))
  })
  const answered = ann.emitWithAck('chat message', { chatId, content: 'Hello!' })
  const isWaiting = async () => {
    const waiting = `SELECT FROM pg_locks WHERE relation = 'users'::regclass AND NOT granted`
    return (await client.query(waiting)).rowCount !== 0
  }
  await until(isWaiting, 'the join waits')
  // Were Ann's not held back, it would be committed with this one or before it.
  t.equal((await call(node, bob, 'POST', `/chats/${chatId}/messages`, { content: 'Hi.' })).status, 201)
  await client.query('COMMIT')
  t.match(await answered, { data: { seq: 2 } })
  t.match(await heard, { content: 'Hello!', seq: 2 })
})
