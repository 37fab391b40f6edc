import { readdir, readFile } from 'node:fs/promises'
import { type Kysely, sql, type Transaction } from 'kysely'

const MIGRATIONS = new URL('../../db/migrations/', import.meta.url)

/** The key of the lock: the one that nodes of version 0.1.0 take too, which migrated by Kysely's own migrator. */
const LOCK = '3853314791062309107'

interface Migration {
  readonly name: string
  readonly text: string
}

/**
 * Brings the schema up to date in one transaction, under a lock that ends with it: of ten nodes that start at once one
 * migrates, the others wait and find nothing left to do. Nothing is asked of the session, which a pooler may share with
 * others. Neither the wait nor an index on a big table is a statement that has gone astray: no timeout here.
 *
 * Migrations that this version does not know were made by a newer one, and are made so that this one can go on
 * (db/README.md): a node that is restarted in the middle of an upgrade starts.
 */
export async function migrate<T>(db: Kysely<T>): Promise<void> {
  const migrations = await readMigrations()
  // Whoever has nothing to do needs no right to do it, and waits for nobody.
  if (pending(migrations, await made(db)).length === 0) return
  await db.transaction().execute(async (trx) => {
    await sql`set local statement_timeout = 0`.execute(trx)
    await sql`select pg_advisory_xact_lock(${sql.raw(LOCK)})`.execute(trx)
    // A name may be up to 255 characters long: the table is as Kysely makes it.
    await sql`create table if not exists kysely_migration (
      name varchar(255) primary key, timestamp varchar(255) not null
    )`.execute(trx)
    for (const migration of pending(migrations, await made(trx))) await make(trx, migration)
  })
}

function pending(migrations: readonly Migration[], done: ReadonlySet<string>): Migration[] {
  return migrations.filter(({ name }) => !done.has(name))
}

/** The names of those that have been made. */
async function made<T>(db: Kysely<T>): Promise<Set<string>> {
  const found = await sql<{ table: string | null }>`
    select to_regclass('kysely_migration')::text as table`.execute(db)
  if (typeof found.rows[0]?.table !== 'string') return new Set()
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
  return new Set(rows.map(({ name }) => name))
}

/** A file of several statements as the body of one block: PGlite's `query` takes one statement only. */
async function make<T>(trx: Transaction<T>, { name, text }: Migration): Promise<void> {
  await sql.raw(`DO $migration$\nBEGIN\n${text}\nEND\n$migration$`).execute(trx)
  const at = new Date().toISOString()
  await sql`insert into kysely_migration (name, timestamp) values (${name}, ${at})`.execute(trx)
}

async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).sort()
  return await Promise.all(
    names.map(async (name) => ({
      name: name.replace(/\.sql$/, ''),
      text: await readFile(new URL(name, MIGRATIONS), 'utf8'),
    })),
  )
}
