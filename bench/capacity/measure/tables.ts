import type pg from 'pg'
import { z } from 'zod'
import type { Engines } from '../../engines/engines.js'
import { withClient } from '../../engines/with-client.js'
import { CHATS, createWriter, makeChats } from './flush.js'

/** What a message is to Postgres' disk: bytes of tables, indexes and WAL. */

const CONTENT_BYTES = 100
const LONG_CONTENT_BYTES = 600
const MESSAGES = 200_000
const LONG_MESSAGES = 50_000
const FILLING_BATCH = 200
/** So few that hardly two of them touch the same page. */
const COLD_MESSAGES = 300
const COLD_BATCH = 10

const sizes = z.array(z.object({ name: z.string(), heap: z.coerce.number(), indexes: z.coerce.number() }))

export async function measureTables(engines: Engines, say: (line: string) => void) {
  return await withClient(engines.postgres.url, async (client) => {
    say(`${CHATS} chats are made…`)
    const chats = await makeChats(client)
    const empty = await sizesOf(client)
    say(`${MESSAGES} messages…`)
    const short = await fill(client, chats, CONTENT_BYTES, MESSAGES)
    say('the same after a checkpoint…')
    const cold = await walOfCold(client, chats)
    say(`${LONG_MESSAGES} long messages…`)
    const long = await fill(client, chats, LONG_CONTENT_BYTES, LONG_MESSAGES)
    return { chats: CHATS, empty, short, cold, long }
  })
}

/** Begins with no messages. A checkpoint first, and `vacuum` last: both are part of a table's life. */
async function fill(client: pg.Client, chats: readonly string[], contentBytes: number, messages: number) {
  await client.query('truncate messages')
  const writer = createWriter(client, chats, contentBytes)
  await client.query('checkpoint')
  const before = await walPlace(client)
  for (let written = 0; written < messages; written += FILLING_BATCH) await writer.flush(FILLING_BATCH)
  const wal = await walSince(client, before)
  await client.query('vacuum analyze')
  return { contentBytes, messages, wal, sizes: await sizesOf(client) }
}

/** Each page is written whole the first time after a checkpoint: here nearly every page is touched once. */
async function walOfCold(client: pg.Client, chats: readonly string[]) {
  const writer = createWriter(client, chats, CONTENT_BYTES)
  await client.query('checkpoint')
  const before = await walPlace(client)
  for (let written = 0; written < COLD_MESSAGES; written += COLD_BATCH) await writer.flush(COLD_BATCH)
  return { messages: COLD_MESSAGES, wal: await walSince(client, before) }
}

async function walPlace(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ place: string }>('select pg_current_wal_insert_lsn() as place')
  return rows[0]?.place ?? ''
}

async function walSince(client: pg.Client, before: string): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(
    'select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1::pg_lsn) as bytes',
    [before],
  )
  return Number(rows[0]?.bytes)
}

async function sizesOf(client: pg.Client) {
  const { rows } = await client.query(
    `select t.name, pg_table_size(t.name::regclass) as heap, pg_indexes_size(t.name::regclass) as indexes
     from unnest(array['messages', 'chats', 'chat_members', 'users']) as t(name)`,
  )
  return sizes.parse(rows)
}
