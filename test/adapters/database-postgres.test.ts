import { Kysely, sql } from 'kysely'
import t, { type Test } from 'tap'
import { createPostgresDatabase } from '../../src/adapters/database-postgres.js'
import { until } from '../helpers/clients.js'
import { createDatabaseLink } from '../helpers/database-link.js'
import { listeningLogger } from '../helpers/loggers.js'
import { createDatabase, execute } from '../helpers/postgres.js'
import { createPromise } from '../helpers/promise.js'
import { answers } from '../helpers/stores.js'

interface Schema {
  things: { n: number }
}

/** A database with a table, the way to it, what is said of it, and how often it has come back. */
async function open(t: Test, poolSize = 4) {
  const { url } = await createDatabase(t)
  await execute(url, 'create table things (n int primary key)')
  const link = await createDatabaseLink(t, url)
  const { logger, lines } = listeningLogger()
  const database = createPostgresDatabase(link.url, poolSize, logger)
  const db = new Kysely<Schema>({ dialect: database.dialect })
  t.teardown(async () => await db.destroy())
  let returns = 0
  database.onReturn(() => {
    returns += 1
  })
  const warnings = () => lines.map((line) => JSON.parse(line)).filter(({ level }) => level >= 40)
  const ask = async (n = 1): Promise<number | undefined> =>
    (await sql<{ n: number }>`select ${n}::int as n`.execute(db)).rows[0]?.n
  const back = async () => await answers({ ping: async () => void (await ask()) })
  return { url, link, database, db, ask, back, warnings, returns: () => returns }
}

async function isRefused(t: Test, asked: Promise<unknown>): Promise<void> {
  await t.rejects(asked, { code: 'overloaded', temporary: true, reason: String })
}

for (const how of ['cut', 'freeze'] as const)
  t.test(`a database that is away (${how}): all is refused, at once, until it is back`, async (t) => {
    const { link, db, ask, back, warnings, returns } = await open(t)
    const inTransaction = createPromise()
    const goOn = createPromise()
    const transaction = db.transaction().execute(async (trx) => {
      inTransaction.resolve()
      await goOn.promise
      await trx.insertInto('things').values({ n: 1 }).execute()
    })
    await inTransaction.promise
    await Promise.all([ask(), ask(), ask()])
    await link[how]()

    // More than there are connections: some wait for one.
    await Promise.all(Array.from({ length: 50 }, async () => await isRefused(t, ask())))
    await until(() => warnings().length > 0, 'it is known')
    goOn.resolve()
    await isRefused(t, transaction)
    let isSameTurn = true
    setImmediate(() => {
      isSameTurn = false
    })
    for (let n = 0; n < 100; n++) await isRefused(t, ask())
    t.ok(isSameTurn, 'nothing is waited for')
    t.equal(returns(), 0)

    await link.restore()
    await back()
    t.equal(returns(), 1)
    t.match(warnings(), [{ msg: 'the database is away', reason: String }, { msg: 'the database is back' }])
    t.strictSame(await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(ask)), [1, 2, 3, 4, 5, 6, 7, 8])
    t.strictSame(await db.selectFrom('things').selectAll().execute(), [])
  })

t.test('one node asks whether the database is back, on one connection', async (t) => {
  const { link, ask, back, warnings } = await open(t)
  await ask()
  link.freeze()
  await isRefused(t, ask())
  await until(() => warnings().length > 0, 'it is known')
  const before = link.connects
  for (let probes = 1; probes <= 2; probes++) {
    await Promise.all(Array.from({ length: 100 }, async () => await isRefused(t, ask())))
    await until(() => link.connects >= before + probes, 'it asks')
    t.equal(link.connects, before + probes)
  }
  await link.restore()
  await back()
})

t.test('a commit whose answer is lost is unknown, and said to be so when the database answers', async (t) => {
  const { link, db, ask, warnings, returns } = await open(t)
  await ask()
  link.loseAnswers()
  await isRefused(t, db.insertInto('things').values({ n: 7 }).execute())
  await until(() => returns() === 1, 'it may have been committed')
  t.strictSame(await db.selectFrom('things').selectAll().execute(), [{ n: 7 }])
  t.strictSame(warnings(), [], 'the database was there all the time')
})

t.test('a slow statement is no reason to think that the database is away', async (t) => {
  const { link, db, warnings, returns } = await open(t)
  await sql`select pg_sleep(2)`.execute(db)
  t.ok(link.connects > 1, 'it was asked whether it is')
  t.strictSame(warnings(), [])
  t.equal(returns(), 0)
})

t.test('connections that lead nowhere are given up, all of them, while new ones serve', async (t) => {
  const { link, ask, back, returns } = await open(t)
  await Promise.all([ask(), ask(), ask()])
  link.freezeConnections()
  await isRefused(t, ask())
  await back()
  t.equal(returns(), 1)
  t.strictSame(await Promise.all([1, 2, 3, 4].map(ask)), [1, 2, 3, 4])
})

t.test(
  'a statement that takes too long is ended by the server, and its connection serves again',
  async (t) => {
    const { db, url, warnings } = await open(t, 1)
    const backend = async () => (await sql`select pg_backend_pid() as pid`.execute(db)).rows
    await sql`set statement_timeout = 100`.execute(db)
    const before = await backend()
    await isRefused(t, sql`select pg_sleep(10)`.execute(db))
    t.strictSame(await backend(), before)
    t.strictSame(warnings(), [])
    await execute(url, 'select 1')
  },
)

t.test('a primary that is one no more is left', async (t) => {
  const { db, warnings } = await open(t, 1)
  await sql`set default_transaction_read_only = on`.execute(db)
  await isRefused(t, db.insertInto('things').values({ n: 1 }).execute())
  await db.insertInto('things').values({ n: 2 }).execute()
  t.strictSame(await db.selectFrom('things').selectAll().execute(), [{ n: 2 }])
  t.strictSame(warnings(), [])
})

t.test('a server with no room for more connections: those that there are serve on', async (t) => {
  const { url } = await createDatabase(t)
  const role = `few_${Date.now()}_${process.pid}`
  await execute(url, `create role ${role} login password 'few' connection limit 1`)
  t.teardown(async () => await execute(url, `drop role ${role}`))
  const asRole = new URL(url)
  asRole.username = role
  asRole.password = 'few'
  const { logger, lines } = listeningLogger()
  const db = new Kysely<Schema>({ dialect: createPostgresDatabase(asRole.href, 2, logger).dialect })
  t.teardown(async () => await db.destroy())
  await db.transaction().execute(async (trx) => {
    await sql`select 1`.execute(trx)
    await isRefused(t, sql`select 2`.execute(db))
    t.strictSame((await sql`select 3 as n`.execute(trx)).rows, [{ n: 3 }])
  })
  t.strictSame((await sql`select 4 as n`.execute(db)).rows, [{ n: 4 }])
  t.strictSame(lines, [])
})

t.test('faults of data stay what they are', async (t) => {
  const { db, warnings } = await open(t)
  const insert = async () => await db.insertInto('things').values({ n: 1 }).execute()
  await insert()
  await t.rejects(insert(), { code: '23505' })
  await t.rejects(sql`select 1 / 0`.execute(db), { code: '22012' })
  await t.rejects(sql`select ${'\0'}::text`.execute(db), { code: '22021' })
  t.strictSame(warnings(), [])
})

t.test('migrations take as long as they take', async (t) => {
  const { database, ask } = await open(t)
  await ask()
  const { patientDialect } = database
  if (patientDialect === undefined) throw new Error('there is none')
  const patient = new Kysely({ dialect: patientDialect })
  const { rows } = await sql`select current_setting('statement_timeout') as timeout`.execute(patient)
  t.strictSame(rows, [{ timeout: '0' }])
  await patient.destroy()
})

t.test('a silent database does not keep a node from closing', async (t) => {
  const { link, db, ask } = await open(t)
  await ask()
  link.freeze()
  const refused = isRefused(t, ask())
  await db.destroy()
  await refused
})

t.test('one who stops in the middle of a transaction does not keep its locks', async (t) => {
  const { url, db } = await open(t)
  await execute(url, 'insert into things values (1)')
  const other = new Kysely<Schema>({
    dialect: createPostgresDatabase(url, 1, listeningLogger().logger).dialect,
  })
  t.teardown(async () => await other.destroy())
  const locked = createPromise()
  const goOn = createPromise()
  const stopped = db.transaction().execute(async (trx) => {
    await trx.selectFrom('things').selectAll().forUpdate().execute()
    locked.resolve()
    await goOn.promise
    await trx.updateTable('things').set({ n: 3 }).execute()
  })
  await locked.promise
  await other.updateTable('things').set({ n: 2 }).execute()
  goOn.resolve()
  await isRefused(t, stopped)
  t.strictSame(await other.selectFrom('things').selectAll().execute(), [{ n: 2 }])
})
