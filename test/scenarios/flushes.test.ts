import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import t from 'tap'
import { z } from 'zod'
import { createPostgresDatabase } from '../../src/adapters/database-postgres.js'
import { openStore } from '../../src/store/store.js'
import { until } from '../helpers/clients.js'
import { createDatabase } from '../helpers/postgres.js'
import { makeChat, silent } from '../helpers/stores.js'

const PROCESSES = 8
const MESSAGES = 1_000
const RETRIES = 125
/** Two flushes of a process at once: more than a node has, so that the locks are what keeps the order. */
const LANES = 2
const CHATS = 5
const START_LOCK = 1

const flusher = fileURLToPath(new URL('flusher.mjs', import.meta.url))
const report = z.object({
  sent: z.array(
    z.object({
      chatId: z.string(),
      outcome: z.string(),
      id: z.string(),
      seq: z.number(),
      rev: z.number(),
      given: z.string(),
    }),
  ),
  retried: z.array(z.looseObject({ outcome: z.string(), id: z.string() })),
})

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

t.test('8 processes flush into the same 5 chats as fast as they can', async (t) => {
  const { url } = await createDatabase(t)
  const store = await openStore(createPostgresDatabase(url, 2, silent))
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const abort = new AbortController()
  t.teardown(async () => {
    abort.abort()
    await client.end()
    await store.close()
  })
  const senders = Array.from({ length: PROCESSES }, (_, n) => `sender-${n}`)
  const chats = await Promise.all(
    Array.from({ length: CHATS }, () => makeChat(store, [...senders, 'everybody'])),
  )

  await client.query('SELECT pg_advisory_lock($1)', [START_LOCK])
  const running = Promise.all(
    senders.map(async (sender) => {
      const { stdout } = await promisify(execFile)(process.execPath, [flusher], {
        env: {
          PATH: process.env.PATH,
          DATABASE_URL: url,
          SENDER: sender,
          CHATS: JSON.stringify(chats),
          LANES: String(LANES),
          MESSAGES: String(MESSAGES),
          RETRIES: String(RETRIES),
          START_LOCK: String(START_LOCK),
        },
        maxBuffer: 64 * 1024 * 1024,
        signal: abort.signal,
      })
      return report.parse(JSON.parse(stdout))
    }),
  )
  const waiting = async () => {
    const { rows } = await client.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_locks JOIN pg_database d ON d.oid = database
      WHERE locktype = 'advisory' AND objid = $1 AND NOT granted AND datname = current_database()`,
      [START_LOCK],
    )
    return rows[0]?.count === PROCESSES
  }
  // Or one of them fails before, and says why.
  await Promise.race([until(waiting, 'all processes are there'), running])
  await client.query('SELECT pg_advisory_unlock($1)', [START_LOCK])
  const reports = await running

  const sent = reports.flatMap((one) => one.sent)
  const retried = reports.flatMap((one) => one.retried)
  t.equal(sent.length, PROCESSES * MESSAGES)
  t.same(new Set(sent.map(({ outcome }) => outcome)), new Set(['committed']))
  t.ok(sent.every(({ id, given }) => id === given))

  const stored = await client.query<{
    chat_id: string
    id: string
    seq: string
    rev: string
    changed_rev: string
  }>('SELECT chat_id, id, seq, rev, changed_rev FROM messages ORDER BY chat_id, seq')
  t.equal(stored.rows.length, PROCESSES * MESSAGES + 1, 'and one for all the retries')
  for (const chat of chats) {
    const rows = stored.rows.filter((row) => row.chat_id === chat)
    for (const number of ['seq', 'rev', 'changed_rev'] as const)
      t.strictSame(
        rows.map((row) => Number(row[number])),
        upTo(rows.length),
        `${number} without a hole`,
      )
    t.match(await store.chats.find(chat), { last_seq: rows.length, last_rev: rows.length })
  }

  const place = (row: { chat_id: string; id: string; seq: unknown; rev: unknown }) =>
    `${row.chat_id} ${row.id} ${row.seq} ${row.rev}`
  const places = new Set(stored.rows.map(place))
  t.same(
    sent.filter((row) => !places.has(place({ ...row, chat_id: row.chatId }))),
    [],
    'every answer is where it says',
  )
  t.equal(new Set(stored.rows.map(({ id }) => id)).size, stored.rows.length)

  const backwards = await client.query(
    `SELECT seq FROM (SELECT seq, created_at, lag(created_at) OVER (PARTITION BY chat_id ORDER BY seq) AS before
    FROM messages) m WHERE created_at < before`,
  )
  t.same(backwards.rows, [], 'times never run against the numbers')

  t.equal(retried.length, PROCESSES * RETRIES)
  t.equal(
    new Set(retried.map(({ outcome, ...answer }) => JSON.stringify(answer))).size,
    1,
    'one answer for all',
  )
  t.equal(retried.filter(({ outcome }) => outcome === 'committed').length, 1)
  const row = await client.query("SELECT id FROM messages WHERE sender_id = 'everybody'")
  t.same(row.rows, [{ id: retried[0]?.id }])
})
