import { Kysely, sql } from 'kysely'
import pg from 'pg'
import t from 'tap'
import { createPostgresDatabase } from '../../src/adapters/database-postgres.js'
import { createDatabaseLink } from '../helpers/database-link.js'
import { createDatabase } from '../helpers/postgres.js'
import { answers, silent } from '../helpers/stores.js'
import { databaseContract } from './database.js'

await databaseContract(t, {
  hasOneConnection: false,
  async createPlace(t) {
    const { url } = await createDatabase(t)
    return { open: async () => createPostgresDatabase(url, 4, silent) }
  },
})

t.test('a connection that the server ends is replaced, and ends nothing else', async (t) => {
  const { url } = await createDatabase(t)
  const db = new Kysely({ dialect: createPostgresDatabase(url, 1, silent).dialect })
  const backend = async () =>
    (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)).rows[0]?.pid
  const before = await backend()
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  const { rows } = await admin.query('select pg_terminate_backend($1, 5000) as ended', [before])
  t.same(rows, [{ ended: true }])
  await admin.end()
  // The pool learns of it when the socket says so: a statement may still be given the broken connection.
  const after = await backend().catch(backend)
  t.type(after, 'number')
  t.not(after, before)
  await db.destroy()
})

t.test('a connection that breaks while it is in use ends what used it, and nothing else', async (t) => {
  const link = await createDatabaseLink(t, (await createDatabase(t)).url)
  const db = new Kysely({ dialect: createPostgresDatabase(link.url, 2, silent).dialect })
  const work = db.transaction().execute(async (trx) => {
    await sql`select 1`.execute(trx)
    // No statement is under way that could be told.
    await link.cut()
    await sql`select 2`.execute(trx)
  })
  await t.rejects(work)
  await link.restore()
  const ask = async () => (await sql`select 3 as three`.execute(db)).rows
  await answers({ ping: async () => void (await ask()) })
  t.strictSame(await ask(), [{ three: 3 }])
  await db.destroy()
})

t.test('no more connections than the pool has, and each with the settings of the service', async (t) => {
  const { url } = await createDatabase(t)
  const db = new Kysely({ dialect: createPostgresDatabase(url, 2, silent).dialect })
  const settings = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const { rows } = await sql<{ pid: number; name: string; timeout: string; durable: string }>`
        select pg_backend_pid() as pid, current_setting('application_name') as name,
          current_setting('statement_timeout') as timeout, current_setting('synchronous_commit') as durable,
          pg_sleep(0)`.execute(db)
      return rows[0]
    }),
  )
  t.equal(new Set(settings.map((one) => one?.pid)).size, 2)
  for (const one of settings) t.match(one, { name: 'parley', timeout: '10s', durable: 'on' })
  await db.destroy()
})
