// One node's worth of flushes, for flushes.test.ts: a process of its own, with its own connections, as fast as it can.
// Environment: DATABASE_URL, LANES (flushes under way at once), CHATS (ids), SENDER, MESSAGES, RETRIES, START_LOCK.
// Its stdout is one JSON document: what was answered for every message, and for every retry.
import pg from 'pg'
import { pino } from 'pino'
import { v7 as uuidv7 } from 'uuid'
import { createPostgresDatabase } from '../../dist/adapters/database-postgres.js'
import { openStore } from '../../dist/store/store.js'

const { DATABASE_URL: url, SENDER: sender, START_LOCK: lock } = process.env
const chats = JSON.parse(process.env.CHATS)
const [lanes, messages, retries] = ['LANES', 'MESSAGES', 'RETRIES'].map((name) => Number(process.env[name]))
const mostInBatch = 200

const store = await openStore(createPostgresDatabase(url, lanes, pino({ level: 'silent' })))
await startTogether()
const [sent, retried] = await Promise.all([send(), retry()])
await store.close()
process.stdout.write(JSON.stringify({ sent, retried }))

/** All processes wait for a lock that the test holds until each of them is there. */
async function startTogether() {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('SELECT pg_advisory_lock_shared($1)', [lock])
  await client.end()
}

/** Every message to a chat drawn by lot, in batches of one to 200, several under way at once. */
async function send() {
  const answers = []
  let left = messages
  const lane = async () => {
    while (left > 0) {
      const size = Math.min(left, 1 + Math.floor(Math.random() * mostInBatch))
      left -= size
      const batch = Array.from({ length: size }, () =>
        newMessage(chats[Math.floor(Math.random() * chats.length)]),
      )
      for (const { item, outcome, id, seq, rev } of await commit(batch)) {
        const { chatId, id: given } = batch[item - 1]
        answers.push({ chatId, outcome, id, seq, rev, given })
      }
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return answers
}

/** The same client id again and again, by a sender that all processes share. */
async function retry() {
  const batches = await Promise.all(
    Array.from({ length: retries }, () =>
      commit([{ ...newMessage(chats[0]), senderId: 'everybody', clientId: 'the same' }]),
    ),
  )
  return batches
    .flat()
    .map(({ outcome, id, seq, rev, created_at }) => ({ outcome, id, seq, rev, created_at }))
}

async function commit(batch) {
  return (await store.flush.atOnce(batch, { waits: true })) ?? (await store.flush.judge(batch))
}

function newMessage(chatId) {
  return {
    id: uuidv7(),
    chatId,
    senderId: sender,
    clientId: uuidv7(),
    kind: 'user',
    content: 'hello',
    metadata: null,
    attachments: [],
    anywhere: false,
  }
}
