import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import t, { type Test } from 'tap'
import { createPostgresDatabase } from '../../src/adapters/database-postgres.js'
import { migrate } from '../../src/store/migrate.js'
import type { Schema } from '../../src/store/schema.js'
import { openStore } from '../../src/store/store.js'
import { createDatabase } from '../helpers/postgres.js'
import { forEachStore, silent, someoneWaits } from '../helpers/stores.js'

async function connect(t: Test, url: string): Promise<Kysely<Schema>> {
  const db = new Kysely<Schema>({ dialect: createPostgresDatabase(url, 2, silent).dialect })
  t.teardown(async () => await db.destroy())
  return db
}

const applied = async (db: Kysely<Schema>) =>
  (await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)).rows.map(
    ({ name }) => name,
  )

forEachStore(async (t, open) => {
  const store = await open()

  t.test('a fresh database has an epoch, and nothing else in it', async (t) => {
    const epoch = await store.cluster.epoch()
    t.match(epoch, /^[0-9a-f-]{36}$/)
    await store.transaction(async (trx) => {
      t.same(await trx.selectFrom('cluster').select('epoch').execute(), [{ epoch }])
      for (const table of ['users', 'chats', 'chat_members', 'messages', 'chat_events'] as const)
        t.same(await trx.selectFrom(table).selectAll().execute(), [])
    })
  })
})

t.test('ten nodes that start at once on a fresh database all succeed, and it is migrated once', async (t) => {
  const { url } = await createDatabase(t)
  const stores = await Promise.all(
    Array.from({ length: 10 }, () => openStore(createPostgresDatabase(url, 2, silent))),
  )
  t.equal(new Set(await Promise.all(stores.map((store) => store.cluster.epoch()))).size, 1)
  const names = await applied(await connect(t, url))
  t.ok(names.length >= 2)
  t.equal(new Set(names).size, names.length)
  for (const store of stores) await store.close()
})

t.test('a start beside a running node changes nothing', async (t) => {
  const { url } = await createDatabase(t)
  const first = await openStore(createPostgresDatabase(url, 2, silent))
  await first.users.name([{ id: 'ann', fullName: 'Ann', namedAt: new Date(1) }])
  const second = await openStore(createPostgresDatabase(url, 2, silent))
  t.equal(await second.cluster.epoch(), await first.cluster.epoch())
  t.match(await second.users.names(['ann']), [{ fullName: 'Ann' }])
  await Promise.all([first.close(), second.close()])
})

t.test('a migration that fails leaves nothing of itself, and the next start makes it', async (t) => {
  const { url } = await createDatabase(t)
  const db = await connect(t, url)
  // In the way of the last table of the first migration.
  await sql`create table cluster (other text)`.execute(db)
  await t.rejects(migrate(db), { code: '42P07' })
  const { rows } = await sql`select tablename from pg_tables where tablename in ('users', 'chats')`.execute(
    db,
  )
  t.same(rows, [])
  await sql`drop table cluster`.execute(db)
  await migrate(db)
  t.ok((await applied(db)).length >= 2)
})

t.test('a node starts on the schema of a newer version, and leaves it as it is', async (t) => {
  const { url } = await createDatabase(t)
  const db = await connect(t, url)
  await migrate(db)
  await sql`insert into kysely_migration values ('9999_newer', '2999-01-01T00:00:00.000Z')`.execute(db)
  const before = await applied(db)
  await migrate(db)
  t.same(await applied(db), before)
})

t.test('one that is missing among those that were made is made', async (t) => {
  const { url } = await createDatabase(t)
  const db = await connect(t, url)
  await migrate(db)
  // As a database that has everything but the last.
  await sql`delete from kysely_migration where name = '0005_ended_sessions'`.execute(db)
  await sql`drop table ended_sessions`.execute(db)
  await migrate(db)
  t.ok((await applied(db)).includes('0005_ended_sessions'))
  await sql`select user_id from ended_sessions`.execute(db)
})

t.test('who waits for another node to migrate is not given up for a slow statement', async (t) => {
  const { url } = await createDatabase(t)
  const timeoutMs = 300
  const impatient = new Kysely<Schema>({
    dialect: new PostgresDialect({
      pool: new pg.Pool({ connectionString: url, max: 1, statement_timeout: timeoutMs }),
    }),
  })
  t.teardown(async () => await impatient.destroy())
  const other = await connect(t, url)
  // Kysely's lock for migrations, held for longer than a statement of the node may take.
  const KYSELY_LOCK = '3853314791062309107'
  let started: Promise<void> = Promise.resolve()
  await other.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${KYSELY_LOCK}::bigint)`.execute(trx)
    started = migrate(impatient)
    started.catch(() => {})
    await someoneWaits(trx)
    await sql`select pg_sleep(${(2 * timeoutMs) / 1000}::float8)`.execute(trx)
  })
  await t.resolves(started)
  const { rows } = await sql<{ timeout: string }>`
    select current_setting('statement_timeout') as timeout`.execute(impatient)
  t.same(rows, [{ timeout: `${timeoutMs}ms` }], 'afterwards its statements are bounded again')
})
