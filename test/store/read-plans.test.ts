import type { Kysely } from 'kysely'
import type pg from 'pg'
import t, { type Test } from 'tap'
import { createChatStore } from '../../src/store/chats.js'
import { createMemberStore } from '../../src/store/members.js'
import { createMessageStore } from '../../src/store/messages.js'
import type { Schema } from '../../src/store/schema.js'
import { createSnapshotStore } from '../../src/store/snapshots.js'
import { openExplained } from '../helpers/explained.js'
import { buffersOf, nodesOf } from '../helpers/plans.js'

/** Those that grow. */
const TABLES = ['users', 'chats', 'chat_members', 'messages']
const USERS = 20_000
const CHATS = 10_000
const MESSAGES = 100_000
/** A chat of many messages and members among all those of two, each with a twentieth of all messages. */
const DEEP = 'chat-0'
const DEEP_MESSAGES = 20_000
/** One who is in many of the chats. */
const COLLECTOR = 'collector'
const COLLECTED = 500
const PAGE = 50
/** A look-up is a way down an index of three levels and the row. A scan of one of the tables is hundreds. */
const BUFFERS_A_LOOK_UP = 5

interface Read {
  readonly run: () => Promise<unknown>
  /** Rows that it has to look at. */
  readonly lookUps: number
}

function readsOf(db: Kysely<Schema>): Record<string, Read> {
  const [chats, members] = [createChatStore(db), createMemberStore(db)]
  const [messages, snapshots] = [createMessageStore(db), createSnapshotStore(db)]
  const some = Array.from({ length: PAGE }, (_, n) => `chat-${n * 7 + 1}`)
  const ranges = some.map((chatId) => ({ chatId, first: 1, last: 100 }))
  const own = { userId: COLLECTOR, archived: false, type: undefined, orderId: undefined, q: undefined }
  const page = { limit: 21, from: { offset: 0 } }
  const later = { limit: 21, from: { activity: new Date(), id: 'chat-5' } }
  return {
    'the first page of a chat': {
      run: () => messages.range(DEEP, DEEP_MESSAGES - PAGE + 1, DEEP_MESSAGES),
      lookUps: 2 * PAGE,
    },
    'the last page of a chat': { run: () => messages.range(DEEP, 1, PAGE), lookUps: 2 * PAGE },
    'messages by their seq': {
      run: () => messages.ofSeqs(some.map((chatId) => ({ chatId, seq: 3 }))),
      lookUps: 2 * PAGE,
    },
    'the last messages of chats': { run: () => messages.lastOf(some), lookUps: 3 * PAGE },
    'a repeat': { run: () => messages.findByClientId(DEEP, 'user-0', 'deep-7'), lookUps: 3 },
    'a list of chats': { run: () => chats.list({ ...own, ...page }), lookUps: 2 * COLLECTED },
    'a list from a cursor on': { run: () => chats.list({ ...own, ...later }), lookUps: 2 * COLLECTED },
    'a list by names': {
      run: () => chats.list({ ...own, ...page, q: 'nobody' }),
      lookUps: 6 * COLLECTED,
    },
    'the number of chats': { run: () => chats.count(own), lookUps: 2 * COLLECTED },
    'a chat and a membership': { run: () => chats.findFor(DEEP, 'user-0'), lookUps: 2 },
    'the marks of chats': { run: () => chats.views(some, 50), lookUps: 4 * PAGE },
    'members of a large chat': { run: () => members.list(DEEP, PAGE, 100), lookUps: 100 + 2 * PAGE },
    'the first members of chats': { run: () => members.firstOf(some, 10), lookUps: 5 * PAGE },
    'chats as their members find them': {
      run: () => snapshots.views(some.map((chatId) => ({ chatId, userId: COLLECTOR }))),
      lookUps: 2 * PAGE,
    },
    'the newest messages of chats': {
      run: () => snapshots.bySeq(ranges, 50, 1_000_000),
      lookUps: 20 * PAGE,
    },
    'what is new in chats': { run: () => snapshots.changed(ranges, 50, 1_000_000), lookUps: 20 * PAGE },
  }
}

async function createTables(t: Test) {
  const { db, client, explain } = await openExplained(t)
  // The statistics are to be those that the test is about.
  for (const table of TABLES) await client.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`)

  return {
    client,

    async check(t: Test): Promise<void> {
      for (const [name, { run, lookUps }] of Object.entries(readsOf(db))) {
        const plan = await explain(run)
        const scanned = nodesOf(plan)
          .filter((node) => node['Node Type'].includes('Seq Scan'))
          .map((node) => node['Relation Name'] ?? '')
        t.notOk(
          TABLES.some((table) => scanned.includes(table)),
          `${name}: no table is scanned`,
        )
        const buffers = buffersOf(plan)
        t.ok(buffers <= lookUps * BUFFERS_A_LOOK_UP + PAGE, `${name}: ${buffers} buffers`)
      }
    },
  }
}

async function fill(client: pg.Client): Promise<void> {
  await client.query(
    `INSERT INTO users (id, full_name, named_at)
    SELECT 'user-' || n, 'User ' || n, now() FROM generate_series(0, $1::int - 1) n`,
    [USERS],
  )
  await client.query(
    `INSERT INTO chats (id, type, metadata, last_seq, last_rev, member_count, created_at)
    SELECT 'chat-' || n, 'general', '{}', $2, $2, 2, now() FROM generate_series(0, $1::int - 1) n`,
    [CHATS, MESSAGES / CHATS],
  )
  await client.query('UPDATE chats SET last_seq = $2, last_rev = $2 WHERE id = $1', [DEEP, DEEP_MESSAGES])
  await client.query(
    `INSERT INTO chat_members (chat_id, user_id, role, last_read_seq, joined_at)
    SELECT 'chat-' || n, user_id, 'member', 0, now() FROM generate_series(0, $1::int - 1) n,
      unnest(ARRAY['user-' || 2 * n, CASE WHEN n % $2::int = 1 THEN $3 ELSE 'user-' || 2 * n + 1 END]) user_id`,
    [CHATS, CHATS / COLLECTED, COLLECTOR],
  )
  await client.query(
    `INSERT INTO chat_members (chat_id, user_id, role, last_read_seq, joined_at)
    SELECT $1, 'user-' || n, 'member', 0, now() FROM generate_series(10000, 11999) n`,
    [DEEP],
  )
  const insert = `INSERT INTO messages (chat_id, seq, rev, changed_rev, id, sender_id, kind, content, client_id, created_at)
    SELECT chat, seq, seq, seq, gen_random_uuid(), 'user-' || sender, 'user', 'hello', client || seq, now()`
  await client.query(
    `${insert} FROM (
      SELECT 'chat-' || n % $1::int AS chat, n / $1::int + 1 AS seq, 2 * (n % $1::int) AS sender, 'c' AS client
      FROM generate_series(0, $2::int - 1) n
    ) m WHERE chat <> $3`,
    [CHATS, MESSAGES, DEEP],
  )
  await client.query(
    `${insert} FROM (
      SELECT $1 AS chat, n AS seq, n % 2000 + 10000 AS sender, 'deep-' AS client FROM generate_series(1, $2::int) n
    ) m`,
    [DEEP, DEEP_MESSAGES],
  )
}

t.test('every read looks up by index, whatever is known of the tables', async (t) => {
  const tables = await createTables(t)
  await fill(tables.client)
  await t.test('never analysed', tables.check)
  await tables.client.query('ANALYZE')
  await t.test('analysed when full', tables.check)

  const early = await createTables(t)
  await early.client.query('ANALYZE')
  await fill(early.client)
  await t.test('analysed when empty, and then filled', early.check)
})
