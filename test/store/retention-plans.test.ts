import t from 'tap'
import { emptyMessages, measure, move, removeEvents, removeMessages } from '../../src/store/retention.js'
import { daysAgo } from '../helpers/aged.js'
import { openExplained } from '../helpers/explained.js'
import { nodesOf } from '../helpers/plans.js'

/** Those that grow. */
const TABLES = ['chats', 'messages', 'chat_events', 'attachments']
const CHATS = 10_000
const MESSAGES = 100_000
const OLD = daysAgo(40)
const TAKING = { type: 'general', before: daysAgo(30), chats: 20, rows: 100, waits: false } as const

t.test('retention looks up by index, whatever is known of the tables', async (t) => {
  const { db, client, explain } = await openExplained(t)
  for (const table of TABLES) await client.query(`ALTER TABLE ${table} SET (autovacuum_enabled = false)`)
  await client.query(
    `INSERT INTO chats (id, type, metadata, last_seq, last_rev, created_at)
    SELECT 'chat-' || n, 'general', '{}', $2::int, $2::int + 1, CASE WHEN n < 500 THEN $3::timestamptz ELSE now() END
    FROM generate_series(0, $1::int - 1) n`,
    [CHATS, MESSAGES / CHATS, OLD],
  )
  await client.query(
    `INSERT INTO messages (chat_id, seq, rev, changed_rev, id, sender_id, kind, content, created_at)
    SELECT 'chat-' || n % $1::int, n / $1::int + 1, n / $1::int + 1, n / $1::int + 1, gen_random_uuid(), 'ann', 'user', 'x',
      CASE WHEN n % $1::int < 500 AND n / $1::int < 5 THEN $3::timestamptz ELSE now() END
    FROM generate_series(0, $2::int - 1) n`,
    [CHATS, MESSAGES, OLD],
  )
  await client.query(
    `INSERT INTO chat_events (chat_id, rev, kind, detail, created_at)
    SELECT 'chat-' || n, $2::int + 1, 'closed', '{}', now() FROM generate_series(0, $1::int - 1) n`,
    [CHATS, MESSAGES / CHATS],
  )

  async function check(known: string): Promise<void> {
    const measured = await measure(db, TAKING)
    t.equal(measured.length, TAKING.chats)
    t.ok(measured.every(({ before_seq, before_rev }) => before_seq === 6 && before_rev === 6))
    const steps = measured.map((one) => ({ ...one, chat_id: one.id }))
    const statements: Record<string, () => Promise<unknown>> = {
      measure: () => measure(db, TAKING),
      move: () => move(db, measured, TAKING),
      'remove messages': () => removeMessages(db, steps),
      'empty messages': () => emptyMessages(db, steps),
      'remove events': () => removeEvents(db, steps),
    }
    for (const [name, run] of Object.entries(statements)) {
      const scanned = nodesOf(await explain(run))
        .filter((node) => node['Node Type'].includes('Seq Scan'))
        .map((node) => node['Relation Name'] ?? '')
      t.same(
        scanned.filter((table) => TABLES.includes(table)),
        [],
        `${known}: ${name} scans no table`,
      )
    }
  }

  await check('never analysed')
  await client.query('ANALYZE')
  await check('analysed when full')
})
