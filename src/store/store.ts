import { CompiledQuery, type Dialect, Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../ports/database.js'
import { createAttachmentStore } from './attachments.js'
import { createChatStore } from './chats.js'
import { createClusterStore } from './cluster.js'
import { createEndedSessionStore } from './ended-sessions.js'
import { createEventStore } from './events.js'
import { createFlushStore } from './flush.js'
import { createHistoryStore } from './history.js'
import { createMemberStore } from './members.js'
import { createMessageStore } from './messages.js'
import { migrate } from './migrate.js'
import type { Schema } from './schema.js'
import { createSnapshotStore } from './snapshots.js'
import { createUserStore } from './users.js'

export type Store = Awaited<ReturnType<typeof openStore>>

/** Opens the database and brings its schema up to date; pages of history may be read from a replica of it. */
export async function openStore(database: Database, replicaDatabase?: Database) {
  const db = new Kysely<Schema>({ dialect: database.dialect })
  const replica = replicaDatabase && new Kysely<Schema>({ dialect: replicaDatabase.dialect })
  await migrateDatabase(db, database.patientDialect)

  const cluster = createClusterStore(db)
  const users = createUserStore(db)
  const messages = createMessageStore(db)
  const wasRestored = await cluster.settle()

  return {
    /** Found at the start: the database came from a dump, and a new epoch has begun. */
    wasRestored,

    onReturn: database.onReturn,

    /** False while the database is known to be away. */
    isUp: (): boolean => database.up,

    cluster,
    users,
    chats: createChatStore(db),
    members: createMemberStore(db),
    flush: createFlushStore(db),
    messages,
    history: createHistoryStore({ cluster, users, messages, replica }),
    snapshots: createSnapshotStore(db),
    events: createEventStore(db),
    attachments: createAttachmentStore(db),
    endedSessions: createEndedSessionStore(db),

    /** Read committed: each statement sees what others committed before it, also while it waited for a lock. */
    async transaction<T>(work: (trx: Transaction<Schema>) => Promise<T>): Promise<T> {
      return await db.transaction().execute(work)
    },

    /**
     * For libraries that bring their own SQL: one statement with its values, or a script of several with none.
     * A script that fails half way leaves its transaction open on the connection: rolled back, nobody else gets it.
     */
    async execute(text: string, values: readonly unknown[]): Promise<{ rows: unknown[] }> {
      return await db.connection().execute(async (connection) => {
        try {
          return await connection.executeQuery(CompiledQuery.raw(text, [...values]))
        } catch (error) {
          // Of a connection that is lost there is nothing to roll back.
          await sql`rollback`.execute(connection).catch(() => {})
          throw error
        }
      })
    },

    /** Answers when the database does. @throws when it does not. */
    async ping(): Promise<void> {
      await db.selectFrom('cluster').select('epoch').execute()
    },

    async close(): Promise<void> {
      await replica?.destroy()
      await db.destroy()
      await database.release()
    },
  }
}

async function migrateDatabase(db: Kysely<Schema>, patientDialect: Dialect | undefined): Promise<void> {
  if (patientDialect === undefined) {
    await migrate(db)
    return
  }
  const patient = new Kysely<Schema>({ dialect: patientDialect })
  try {
    await migrate(patient)
  } finally {
    await patient.destroy()
  }
}
