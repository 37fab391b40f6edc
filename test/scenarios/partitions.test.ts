import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import t from 'tap'
import { z } from 'zod'
import { createFlushStore } from '../../src/store/flush.js'
import { createMessageStore } from '../../src/store/messages.js'
import type { Schema } from '../../src/store/schema.js'
import { createSnapshotStore } from '../../src/store/snapshots.js'
import { createChat, TEST_SECRET } from '../helpers/clients.js'
import { openExplained } from '../helpers/explained.js'
import { edit, erase, historyOf, joinChat, messagePush, say, sessionOf } from '../helpers/frames.js'
import { noOwnPostgres } from '../helpers/own-postgres.js'
import { nodesOf, type PlanNode, planNode } from '../helpers/plans.js'
import { createDatabase } from '../helpers/postgres.js'
import { startNode } from '../helpers/processes.js'
import { message, uniqueId } from '../helpers/stores.js'

/** db/partition-messages.sql, on a database with messages in it. */

const script = fileURLToPath(new URL('../../db/partition-messages.sql', import.meta.url))
const PARTS = 8
const CHATS = 100
const EACH = 400

async function partition(url: string, parts: number): Promise<void> {
  const psql = join(process.env.TEST_DEBIAN_POSTGRES ?? '', 'psql')
  await promisify(execFile)(psql, ['-X', '-q', '-d', url, '-v', `partitions=${parts}`, '-f', script])
}

const partsOf = async (client: pg.Client) =>
  (await client.query(`select relid::text from pg_partition_tree('messages') where isleaf`)).rows.length

const indexesOf = async (client: pg.Client) =>
  (
    await client.query(
      `select indexname, replace(indexdef, ' ONLY', '') as indexdef from pg_indexes where tablename = 'messages' order by 1`,
    )
  ).rows

t.test('a node goes on where it was: history, repeats, edits', { skip: noOwnPostgres }, async (t) => {
  const { url } = await createDatabase(t)
  const env = { DATABASE_URL: url, JWT_SECRET: TEST_SECRET }
  const before = await startNode(t, env)
  const chatId = await createChat(before, ['ann', 'bob'])
  const ann = await sessionOf(t, before, 'ann')
  const { epoch } = await joinChat(ann, chatId)
  for (const content of ['first', 'second', 'third']) await say(ann, chatId, content, { clientId: content })
  await edit(ann, chatId, 2, 'second, edited')
  const history = await historyOf(before, chatId)
  t.equal(await before.stop(), 0)

  const client = new pg.Client({ connectionString: url })
  await client.connect()
  t.teardown(async () => await client.end())
  // A right, a setting of the storage: what an operator has given the table stays with it.
  const reader = `parley_reader_${uniqueId('r').replaceAll('-', '')}`
  await client.query(`create role ${reader}`)
  t.teardown(async () => {
    const admin = new pg.Client({ connectionString: url })
    await admin.connect()
    await admin.query(`drop owned by ${reader}`)
    await admin.query(`drop role ${reader}`)
    await admin.end()
  })
  await client.query(`grant select on messages to ${reader}`)
  await client.query('alter table messages set (autovacuum_vacuum_insert_scale_factor = 0.05)')
  const indexes = await indexesOf(client)
  await t.rejects(partition(url, 1), { message: /from 2 to 1024/ })
  t.equal(await partsOf(client), 0, 'all or nothing')
  await partition(url, PARTS)
  t.equal(await partsOf(client), PARTS)
  t.strictSame(await indexesOf(client), indexes)
  const { rows } = await client.query(
    `select has_table_privilege($1, 'messages', 'select') as may,
      (select count(*)::int from pg_class where relname ~ '^messages_[0-9]+$' and reloptions is not null) as set`,
    [reader],
  )
  t.strictSame(rows, [{ may: true, set: PARTS }])
  await t.rejects(partition(url, PARTS), { message: /partitioned already/ })

  const after = await startNode(t, env)
  t.strictSame(await historyOf(after, chatId), history)
  const [again, bob] = [await sessionOf(t, after, 'ann'), await sessionOf(t, after, 'bob')]
  t.notOk(Object.hasOwn(await joinChat(again, chatId, { afterRev: 4, epoch }), 'reset'))
  await joinChat(bob, chatId)
  t.match(await say(again, chatId, 'first', { clientId: 'first' }), { seq: 1, duplicate: true })
  t.match(await say(again, chatId, 'fourth'), { seq: 4, rev: 5 })
  await messagePush(bob, 'fourth')
  t.equal(await edit(again, chatId, 1, 'first, edited'), 6)
  t.equal(await erase(again, chatId, 3), 7)
  t.strictSame(
    (await historyOf(after, chatId)).map(({ content }) => content),
    ['fourth', '', 'second, edited', 'first, edited'],
  )
})

/** How often partitions are looked into, each time counted; pruned ones never are. */
function looksOf(plans: readonly PlanNode[]): number {
  const scans = plans
    .flatMap(nodesOf)
    .filter(
      (node) => /^messages_\d+$/.test(node['Relation Name'] ?? '') && node['Node Type'].includes('Scan'),
    )
  for (const { 'Node Type': type } of scans)
    if (type.includes('Seq Scan')) throw new Error(`${type} of a partition`)
  return scans.reduce((sum, scan) => sum + (scan['Actual Loops'] ?? 0), 0)
}

t.test('reads look into the partition of their chat alone', { skip: noOwnPostgres }, async (t) => {
  const { url, db, client, explain } = await openExplained(t)
  await client.query(
    `insert into chats (id, type, metadata, last_seq, last_rev, created_at)
    select 'chat-' || n, 'general', '{}', $2, $2, now() from generate_series(0, $1::int - 1) n`,
    [CHATS, EACH],
  )
  await client.query(
    `insert into messages (chat_id, seq, rev, changed_rev, id, sender_id, kind, content, client_id, created_at)
    select 'chat-' || n % $1::int, n / $1::int + 1, n / $1::int + 1, n / $1::int + 1, gen_random_uuid(),
      'ann', 'user', 'hello', 'c' || n, now() from generate_series(0, $1::int * $2::int - 1) n`,
    [CHATS, EACH],
  )
  await partition(url, PARTS)
  const [messages, snapshots] = [createMessageStore(db), createSnapshotStore(db)]
  const some = Array.from({ length: 10 }, (_, n) => `chat-${n}`)
  const ranges = some.map((chatId) => ({ chatId, first: EACH - 20, last: EACH }))
  const windows = some.map((id) => ({
    chat: { id, last_seq: EACH, last_rev: EACH },
    afterRev: 50,
    rev: EACH,
  }))
  const reads: Record<string, [number, () => Promise<unknown>]> = {
    'a page': [1, () => messages.range('chat-3', 10, 59)],
    'a repeat': [1, () => messages.findByClientId('chat-3', 'ann', 'c53')],
    'messages by their seq': [10, () => messages.ofSeqs(some.map((chatId) => ({ chatId, seq: 3 })))],
    'the last messages': [10, () => messages.lastOf(some)],
    'what is new': [10, () => snapshots.changed(ranges, 50, 1_000_000)],
    'the newest of chats': [10, () => snapshots.bySeq(ranges, 50, 1_000_000)],
    'a replay': [10, () => messages.createdBetween(windows)],
  }
  for (const [name, [most, read]] of Object.entries(reads)) {
    const looks = looksOf([await explain(read)])
    t.ok(looks >= 1 && looks <= most, `${name}: ${looks} looks`)
  }
})

const explained = z.object({ Plan: planNode })

t.test('a flush too, by both roads', { skip: noOwnPostgres }, async (t) => {
  const { url } = await createDatabase(t)
  const node = await startNode(t, { DATABASE_URL: url, JWT_SECRET: TEST_SECRET })
  const chatIds = await Promise.all(some(10).map(async () => await createChat(node, ['ann', 'bob'])))
  await node.stop()
  await partition(url, PARTS)
  const plans: PlanNode[] = []
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  pool.on('connect', (client) =>
    client.on('notice', ({ message = '' }) => {
      if (message.startsWith('duration: '))
        plans.push(explained.parse(JSON.parse(message.slice(message.indexOf('{')))).Plan)
    }),
  )
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  t.teardown(async () => await db.destroy())
  await pool.query(`load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_analyze = on;
    set auto_explain.log_nested_statements = on; set auto_explain.log_format = json;
    set auto_explain.log_level = notice`)
  const flush = createFlushStore(db)
  const batch = () => chatIds.map((chatId) => message(chatId, 'ann', { clientId: uniqueId('c') }))

  const written = await flush.atOnce(batch(), { waits: true })
  t.ok(written?.every(({ outcome }) => outcome === 'committed'))
  t.equal(looksOf(plans), 0, 'at once nothing is looked for')
  plans.length = 0
  const judged = await flush.judge(batch())
  t.ok(judged.every(({ outcome }) => outcome === 'committed'))
  t.equal(looksOf(plans), chatIds.length, 'a repeat is looked for in one partition, for each message')
})

function some(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n)
}
