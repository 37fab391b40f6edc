import { readdir, readFile } from 'node:fs/promises'
import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'

const MIGRATIONS = new URL('../../db/migrations/', import.meta.url)

/**
 * Brings the schema up to date. Kysely's migrator does it under a lock in one transaction: of ten nodes that
 * start at once one migrates, the others wait and find nothing left to do. Neither the wait nor an index on a big
 * table is a statement that has gone astray: no timeout here.
 */
export async function migrate<T>(db: Kysely<T>): Promise<void> {
  await db.connection().execute(async (connection) => {
    await sql`set statement_timeout = 0`.execute(connection)
    try {
      const migrator = new Migrator({ db: connection, provider: { getMigrations: readMigrations } })
      const { error } = await migrator.migrateToLatest()
      if (error !== undefined) throw error
    } finally {
      await sql`reset statement_timeout`.execute(connection)
    }
  })
}

async function readMigrations(): Promise<Record<string, Migration>> {
  const names = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).sort()
  const files = await Promise.all(names.map((name) => readFile(new URL(name, MIGRATIONS), 'utf8')))
  return Object.fromEntries(
    files.map((text, index) => [names[index]?.replace(/\.sql$/, ''), toMigration(text)]),
  )
}

/** A file of several statements as the body of one block: PGlite's `query` takes one statement only. */
function toMigration(text: string): Migration {
  return {
    async up(db) {
      await sql.raw(`DO $migration$\nBEGIN\n${text}\nEND\n$migration$`).execute(db)
    },
  }
}
