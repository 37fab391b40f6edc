import { randomUUID } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { v7 as uuidv7 } from 'uuid'
import { createPGliteDatabase } from '../../src/adapters/database-pglite.js'
import { createPostgresDatabase } from '../../src/adapters/database-postgres.js'
import type { NewChat } from '../../src/store/chats.js'
import type { CommitRow, NewMessage } from '../../src/store/flush.js'
import type { Schema } from '../../src/store/schema.js'
import { openStore, type Store } from '../../src/store/store.js'
import { until } from './clients.js'
import { createPGliteFolder } from './pglite.js'
import { createDatabase } from './postgres.js'

/** Connections of one store on Postgres: a few, so that statements really run side by side. */
const POOL = 4

/** Where test databases write what they have to say: nowhere. */
export const silent = pino({ level: 'silent' })

const engines: Record<string, (t: Test) => Promise<Store>> = {
  async PGlite(t) {
    return await openStore(await createPGliteDatabase(await createPGliteFolder(t)))
  },
  async Postgres(t) {
    const { url } = await createDatabase(t)
    return await openStore(createPostgresDatabase(url, POOL, silent))
  },
}

/** Runs the tests once on each engine, or on the one that `npm test` asks for. `open` answers a store of an empty, migrated database, closed at the end. */
export function forEachStore(
  tests: (t: Test, open: () => Promise<Store>, engine: string) => Promise<void>,
): void {
  const { TEST_ENGINE } = process.env
  for (const [name, openOn] of Object.entries(engines)) {
    if (TEST_ENGINE !== undefined && TEST_ENGINE !== name) continue
    t.test(name, async (t) => {
      await tests(
        t,
        async () => {
          const store = await openOn(t)
          t.teardown(async () => await store.close())
          return store
        },
        name,
      )
    })
  }
}

/** A chat with these members, at its beginning; answers its id. */
export async function makeChat(
  store: Store,
  members: readonly string[] = [],
  chat: Partial<NewChat> = {},
): Promise<string> {
  const made: NewChat = {
    id: uniqueId('chat'),
    type: 'general',
    orderId: null,
    subject: null,
    metadata: {},
    createdAt: new Date(),
    ...chat,
  }
  await store.transaction(async (trx) => {
    await store.chats.insert(trx, made)
    if (members.length > 0)
      await store.members.add(
        trx,
        made.id,
        members.map((userId) => ({ userId, role: 'member' })),
        0,
        made.createdAt,
      )
  })
  return made.id
}

/** Waits until the store answers: a database that is back is found to be so a moment later. */
export async function answers(store: Pick<Store, 'ping'>): Promise<void> {
  await until(
    async () =>
      await store.ping().then(
        () => true,
        () => false,
      ),
    'the database answers',
  )
}

/** Resolves when another session waits for a lock. Postgres only: in PGlite nothing else is under way. */
export async function someoneWaits(trx: Transaction<Schema>): Promise<void> {
  await until(async () => {
    // A transaction sees the activity of the moment at which it first looked, unless told to forget it.
    await sql`select pg_stat_clear_snapshot()`.execute(trx)
    const { rows } = await sql`
      select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
      trx,
    )
    return rows.length > 0
  }, 'somebody waits for a lock')
}

/** A user's message, as the flush takes it. */
export function message(chatId: string, senderId: string, more: Partial<NewMessage> = {}): NewMessage {
  return {
    id: uuidv7(),
    chatId,
    senderId,
    clientId: null,
    kind: 'user',
    content: 'hello',
    metadata: null,
    attachments: [],
    anywhere: false,
    ...more,
  }
}

/** One flush, as the service makes it: at once when it can be. */
export async function commit(store: Store, ...batch: readonly NewMessage[]): Promise<CommitRow[]> {
  const isPlain = batch.every(({ attachments }) => attachments.length === 0)
  const rows = isPlain ? await store.flush.atOnce(batch, { waits: true }) : undefined
  return rows ?? (await store.flush.judge(batch))
}

export function uniqueId(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 13)}`
}
