import { type Generated, Kysely, sql } from 'kysely'
import t, { type Test } from 'tap'
import { createPGliteDatabase } from '../../src/adapters/database-pglite.js'

interface Notes {
  notes: { id: Generated<number>; text: string }
}

// PGlite has one connection, and Kysely's driver for it keeps the open transaction with the connection: only
// Kysely's lock around the connection keeps other statements out of it. Acked messages depend on that lock.
t.test('a statement beside an open transaction is not part of it', async (t) => {
  const db = await openNotes(t)
  let beside: Promise<unknown> | undefined
  await t.rejects(
    db.transaction().execute(async (trx) => {
      await trx.insertInto('notes').values({ text: 'inside' }).execute()
      beside = db.insertInto('notes').values({ text: 'beside' }).execute()
      await trx.insertInto('notes').values({ text: 'inside too' }).execute()
      throw new Error('rolled back')
    }),
    { message: 'rolled back' },
  )
  await beside
  t.strictSame(await texts(db), ['beside'])
})

t.test('transactions run one after the other', async (t) => {
  const db = await openNotes(t)
  await Promise.all(
    ['a', 'b', 'c', 'd'].map((text) =>
      db.transaction().execute(async (trx) => {
        const { total } = await trx
          .selectFrom('notes')
          .select((eb) => eb.fn.countAll<number>().as('total'))
          .executeTakeFirstOrThrow()
        await trx
          .insertInto('notes')
          .values({ text: `${text}${total}` })
          .execute()
      }),
    ),
  )
  t.strictSame(await texts(db), ['a0', 'b1', 'c2', 'd3'])
})

async function openNotes(t: Test): Promise<Kysely<Notes>> {
  const database = await createPGliteDatabase(t.testdir())
  const db = new Kysely<Notes>({ dialect: database.dialect })
  t.teardown(async () => {
    await db.destroy()
    await database.release()
  })
  await sql`create table notes (id serial primary key, text text not null)`.execute(db)
  return db
}

async function texts(db: Kysely<Notes>): Promise<string[]> {
  const rows = await db.selectFrom('notes').select('text').orderBy('id').execute()
  return rows.map(({ text }) => text)
}
