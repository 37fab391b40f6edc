import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { createFlushStore } from '../../src/store/flush.js'
import { migrate } from '../../src/store/migrate.js'
import type { Schema } from '../../src/store/schema.js'
import { buffersOf, nodesOf, type PlanNode, planNode } from '../helpers/plans.js'
import { createDatabase } from '../helpers/postgres.js'
import { message, uniqueId } from '../helpers/stores.js'

const CHATS = 1_000
const ROWS = 100_000
const BATCHES = [1, 10, 200]
/** Twice of what was seen: look-ups, an insert with three indexes, two updates. A scan of a table is hundreds. */
const BUFFERS_A_MESSAGE = 60

const explained = z.object({ 'Query Text': z.string(), Plan: planNode })
/** The first statement of a connection reads of the tables themselves. */
const CATALOGUE_BUFFERS = 60

interface LookUp {
  readonly indexes: RegExp
  readonly key: readonly string[]
}

/** What every look-up must be, whatever the tables' size was when the plan was made: by index, by the whole key. */
const written: Readonly<Record<string, LookUp>> = {
  chats: { indexes: /^chats_pkey$/, key: ['id'] },
  chat_members: { indexes: /^chat_members_(pkey|user)$/, key: ['chat_id', 'user_id'] },
}
const LOOK_UPS = {
  'at once': written,
  judged: {
    ...written,
    messages: { indexes: /^messages_client$/, key: ['chat_id', 'sender_id', 'client_id'] },
  },
}

type Road = 'at once' | 'judged'
const ROADS: readonly Road[] = ['at once', 'judged']

interface Flusher {
  /** A flush of so many messages over many chats, by either road; the plans of the function's own statements. */
  flush(batch: number, road: Road): Promise<PlanNode[]>
}

/** One connection that tells the plan of each statement it runs, those inside of functions too. */
async function createFlusher(t: Test, url: string): Promise<Flusher> {
  const plans: PlanNode[] = []
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  pool.on('connect', (client) => {
    client.on('notice', ({ message }) => {
      const json = message?.slice(message.indexOf('{'))
      if (message?.startsWith('duration: ') && json !== undefined) {
        const { Plan } = explained.parse(JSON.parse(json))
        plans.push(Plan)
      }
    })
  })
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) })
  t.teardown(async () => await db.destroy())
  await pool.query(`
    LOAD 'auto_explain';
    SET auto_explain.log_min_duration = 0;
    SET auto_explain.log_nested_statements = on;
    SET auto_explain.log_analyze = on;
    SET auto_explain.log_buffers = on;
    SET auto_explain.log_format = json;
    SET auto_explain.log_level = notice`)
  const flush = createFlushStore(db)
  return {
    async flush(batch, road) {
      plans.length = 0
      const said = Array.from({ length: batch }, (_, n) =>
        message(`chat-${(n * 37) % CHATS}`, `user-${n % 2}`, {
          clientId: n % 3 === 0 ? null : uniqueId('c'),
        }),
      )
      const rows =
        road === 'judged' ? await flush.judge(said) : await flush.atOnce(said, { waits: batch % 2 === 0 })
      if (rows?.length !== batch) throw new Error('not every message was answered')
      return plans.filter((plan) => plan['Node Type'] !== 'Function Scan')
    },
  }
}

/** Chats of two in which so many messages are to be. */
async function fillChats(client: pg.Client): Promise<void> {
  await client.query(
    `INSERT INTO chats (id, type, metadata, last_seq, last_rev, created_at)
    SELECT 'chat-' || n, 'general', '{}', $2::int / $1::int, $2::int / $1::int, now() FROM generate_series(0, $1::int - 1) n`,
    [CHATS, ROWS],
  )
  await client.query(
    `INSERT INTO chat_members (chat_id, user_id, role, last_read_seq, joined_at)
    SELECT 'chat-' || n, 'user-' || u, 'member', 0, now()
    FROM generate_series(0, $1::int - 1) n, generate_series(0, 1) u`,
    [CHATS],
  )
}

async function fillMessages(client: pg.Client): Promise<void> {
  await client.query(
    `INSERT INTO messages (chat_id, seq, rev, changed_rev, id, sender_id, kind, content, client_id, created_at)
    SELECT 'chat-' || n % $1::int, n / $1::int + 1, n / $1::int + 1, n / $1::int + 1, gen_random_uuid(),
      'user-' || n % 2, 'user', 'hello', 'c' || n, now()
    FROM generate_series(0, $2::int - 1) n`,
    [CHATS, ROWS],
  )
}

function expectLookUps(t: Test, plans: readonly PlanNode[], batch: number, road: Road): void {
  const nodes = plans.flatMap(nodesOf)
  for (const [table, { indexes, key }] of Object.entries<LookUp>(LOOK_UPS[road])) {
    const scans = nodes.filter(
      (node) => node['Relation Name'] === table && node['Node Type'].includes('Scan'),
    )
    t.ok(scans.length > 0, `${table} is looked at`)
    for (const scan of scans) {
      t.match(scan['Node Type'], /^Index (Only )?Scan$/, `${table} by index`)
      t.match(scan['Index Name'], indexes)
      for (const column of key)
        t.match(scan['Index Cond'], new RegExp(`\\b${column} = `), `${table} by ${column}`)
    }
  }
  t.notOk(nodes.some((node) => /Seq Scan|Bitmap/.test(node['Node Type'])))
  const buffers = plans.reduce((sum, plan) => sum + buffersOf(plan), 0)
  t.ok(buffers < CATALOGUE_BUFFERS + batch * BUFFERS_A_MESSAGE, `${buffers} buffers are few`)
  t.comment(`batch of ${batch}: ${buffers} buffers, ${Math.round(buffers / batch)} a message`)
}

t.test('the flush looks up by index at every size, with the plan of the empty tables too', async (t) => {
  const { url } = await createDatabase(t)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const db = new Kysely<Schema>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 1 }) }),
  })
  await migrate(db)
  await db.destroy()
  t.teardown(async () => await client.end())

  const look = async (name: string, flusher: Flusher) => {
    for (const road of ROADS)
      for (const batch of BATCHES) {
        const plans = await flusher.flush(batch, road)
        t.test(`${road}, batches of ${batch}, ${name}`, async (t) => expectLookUps(t, plans, batch, road))
      }
  }
  // What statistics say of empty tables is remembered when they are empty no more.
  await client.query('VACUUM ANALYZE')
  const early = await createFlusher(t, url)
  await fillChats(client)
  for (const road of ROADS) for (const batch of BATCHES) await early.flush(batch, road)
  await fillMessages(client)
  await look(`${ROWS} messages, the plan of the empty tables`, early)
  await look(`${ROWS} messages, the statistics of the empty tables`, await createFlusher(t, url))
  await client.query('ANALYZE')
  await look(`${ROWS} messages, with statistics`, early)
})
