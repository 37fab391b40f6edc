import type pg from 'pg'
import t, { type Test } from 'tap'
import { REPLY_BYTES } from '../../src/protocol/limits.js'
import { createMessageStore } from '../../src/store/messages.js'
import { createSnapshotStore } from '../../src/store/snapshots.js'
import { openExplained } from '../helpers/explained.js'
import { buffersOf, nodesOf, type PlanNode, scansOf } from '../helpers/plans.js'

const DEPTH = 200_000
const PAGE = 50
/** Every so many messages, the chat has had another event. */
const OTHER_EVENTS = 200
/** The event that brought a message. */
const revOf = (seq: number) => seq + Math.floor(seq / OTHER_EVENTS)

t.test(`in a chat of ${DEPTH} messages the oldest page costs what the newest does`, async (t) => {
  const { db, client, explain } = await openExplained(t)
  await fill(client)
  const messages = createMessageStore(db)
  const snapshots = createSnapshotStore(db)
  const changedFrom = (first: number) =>
    snapshots.changed([{ chatId: 'deep', first, last: revOf(DEPTH) }], PAGE, REPLY_BYTES)
  const deep = { id: 'deep', last_seq: DEPTH, last_rev: revOf(DEPTH) }

  async function explainPage(t: Test, read: () => Promise<readonly unknown[]>): Promise<PlanNode> {
    t.equal((await read()).length, PAGE)
    // Once before, so that all pages are in memory and hint bits are set: what remains is the plan's own.
    await explain(read)
    return await explain(read)
  }

  const reads = {
    'a page of history': {
      index: 'messages_pkey',
      near: () => messages.range('deep', DEPTH - PAGE + 1, DEPTH),
      far: () => messages.range('deep', 1, PAGE),
    },
    'a page of changes': {
      index: 'messages_changed',
      near: () => changedFrom(revOf(DEPTH - PAGE) + 1),
      far: () => changedFrom(1),
    },
    'what a node has missed': {
      index: 'messages_pkey',
      near: () => messages.createdBetween([{ chat: deep, afterRev: revOf(DEPTH - PAGE), rev: revOf(DEPTH) }]),
      far: () =>
        messages.createdBetween([{ chat: deep, afterRev: revOf(DEPTH / 2), rev: revOf(DEPTH / 2 + PAGE) }]),
    },
  }
  for (const [name, { index, near, far }] of Object.entries(reads)) {
    t.test(name, async (t) => {
      const plans = { near: await explainPage(t, near), far: await explainPage(t, far) }
      for (const [which, plan] of Object.entries(plans)) {
        const [scan, ...more] = scansOf(plan, 'messages')
        t.match(scan, new RegExp(`^Index Scan.* ${index}$`), which)
        t.same(more, [])
        const [node] = nodesOf(plan).filter((one) => one['Relation Name'] === 'messages')
        t.equal(node?.['Actual Rows'], PAGE, 'no row more than the page is looked at')
        t.notOk(node?.['Rows Removed by Filter'])
        t.same(
          nodesOf(plan).filter(
            (one) => /^(Parallel )?Seq Scan/.test(one['Node Type']) && one['Relation Name'] !== 'users',
          ),
          [],
        )
        t.comment(`${name}, ${which}: ${scan}, ${buffersOf(plan)} buffers`)
      }
      const [first, last] = [buffersOf(plans.near), buffersOf(plans.far)]
      // The planner expects more of the old ones, and may then keep the names that it has looked up.
      t.ok(last <= first + 10, `about as many pages, or fewer: ${first} and ${last}`)
      t.ok(Math.max(first, last) < 4 * PAGE, `and not many: ${first} and ${last}`)
    })
  }
})

/** A deep chat among others, by an insert of the database's own: 200,000 sends would say nothing more. */
async function fill(client: pg.Client): Promise<void> {
  await client.query(
    `INSERT INTO chats (id, type, metadata, last_seq, last_rev, created_at)
    VALUES ('deep', 'general', '{}', $1, $2, now())`,
    [DEPTH, revOf(DEPTH)],
  )
  await client.query(
    `INSERT INTO chat_events (chat_id, rev, kind, seq, detail, created_at)
    SELECT chat, n * ($1::int + 1) - 1, 'message_edited', n, '{}', now()
    FROM generate_series(1, $2::int) n, unnest($3::text[]) chat`,
    [
      OTHER_EVENTS,
      DEPTH / OTHER_EVENTS,
      Array.from({ length: 20 }, (_, n) => (n === 0 ? 'deep' : `other-${n}`)),
    ],
  )
  const insert = `INSERT INTO messages (chat_id, seq, rev, changed_rev, id, sender_id, kind, content, client_id, created_at)
    SELECT $1, n, n + n / ${OTHER_EVENTS}, n + n / ${OTHER_EVENTS}, gen_random_uuid(), 'user-' || n % 7, 'user', repeat('hello ', 5 + n % 20), 'c' || n, now()
    FROM generate_series(1, $2::int) n`
  for (const [chat, count] of [
    ['a', 1_000],
    ['deep', DEPTH],
    ['z', 1_000],
  ] as const)
    await client.query(insert, [chat, count])
  await client.query(`INSERT INTO users (id, full_name, named_at)
    SELECT 'user-' || n, 'User ' || n, now() FROM generate_series(0, 5000) n`)
  await client.query('VACUUM ANALYZE')
}
