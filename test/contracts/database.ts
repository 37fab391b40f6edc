import { Kysely, sql } from 'kysely'
import type { Test } from 'tap'
import type { Database } from '../../src/ports/database.js'
import { migrate } from '../../src/store/migrate.js'
import type { Schema } from '../../src/store/schema.js'
import { openStore } from '../../src/store/store.js'

export interface DatabaseEngine {
  /** A place for one database, empty; each call of `open` opens that same one. */
  createPlace(t: Test): Promise<{ open(): Promise<Database> }>
  /** An open transaction holds up the statements beside it, as the port says of PGlite. */
  readonly hasOneConnection: boolean
}

/** The facts of src/ports/database.ts, for every adapter. */
export async function databaseContract(t: Test, engine: DatabaseEngine): Promise<void> {
  const shared = await (await engine.createPlace(t)).open()
  const db = new Kysely<Schema>({ dialect: shared.dialect })
  t.teardown(async () => {
    await db.destroy()
    await shared.release()
  })
  await migrate(db)

  function fact(name: string, check: (t: Test) => Promise<void>): void {
    t.test(name, async (t) => {
      await db.deleteFrom('users').execute()
      await check(t)
    })
  }

  fact('int8 comes back as a number', async (t) => {
    const { rows } = await sql<{ far: unknown; none: unknown; total: unknown }>`
      select 9007199254740991::int8 as far, null::int8 as none, count(*) as total from (values (1), (2)) v`.execute(
      db,
    )
    t.strictSame(rows, [{ far: Number.MAX_SAFE_INTEGER, none: null, total: 2 }])
  })

  fact('timestamptz comes back as a Date, and goes in as one', async (t) => {
    const at = new Date('2031-02-03T04:05:06.789Z')
    const { rows } = await sql<{ given: unknown; kept: unknown }>`
      select ${at}::timestamptz as given, '2031-02-03 05:05:06.789+01'::timestamptz(3) as kept`.execute(db)
    t.strictSame(rows, [{ given: at, kept: at }])
  })

  fact('text, json, booleans, uuids and nulls come back as they went in', async (t) => {
    const text = `quote ' " \\ back\\\\slash %_ $1 {a,b} NULL \n\t żółw 🐢 \u{10ffff}`
    const id = '0190a5ff-7c1e-7000-8000-0123456789ab'
    const json = { a: [1, null, text], b: { c: true } }
    const { rows } = await sql`
      select ${text}::text as text, ${JSON.stringify(json)}::jsonb as json, ${true}::boolean as yes,
        ${id}::uuid as id, ${null}::text as none`.execute(db)
    t.strictSame(rows, [{ text, json, yes: true, id, none: null }])
  })

  fact('arrays go in as parameters: quotes, backslashes, braces, nulls and the word NULL', async (t) => {
    const texts = ['', 'plain', 'a,b', '{"x"}', "it's", '"', '\\', '\\\\n', 'NULL', null, '🐢 żółw', ' a\nb ']
    const flags = texts.map((_, index) => index % 2 === 0)
    const { rows } = await sql`
      select given.text, given.flag from unnest(${texts}::text[], ${flags}::boolean[]) as given(text, flag)`.execute(
      db,
    )
    t.strictSame(
      rows,
      texts.map((text, index) => ({ text, flag: flags[index] })),
    )
  })

  fact('the number of affected rows is told', async (t) => {
    const user = { id: 'ann', full_name: 'Ann', named_at: new Date() }
    const insert = db
      .insertInto('users')
      .values(user)
      .onConflict((conflict) => conflict.doNothing())
    t.equal((await insert.executeTakeFirst()).numInsertedOrUpdatedRows, 1n)
    t.equal((await insert.executeTakeFirst()).numInsertedOrUpdatedRows, 0n)
    const update = (id: string) => db.updateTable('users').set({ full_name: 'Anna' }).where('id', '=', id)
    t.equal((await update('ann').executeTakeFirst()).numUpdatedRows, 1n)
    t.equal((await update('bob').executeTakeFirst()).numUpdatedRows, 0n)
    t.equal((await db.deleteFrom('users').executeTakeFirst()).numDeletedRows, 1n)
    t.equal((await db.deleteFrom('users').executeTakeFirst()).numDeletedRows, 0n)
  })

  fact('a transaction that throws is rolled back, one that returns is committed', async (t) => {
    const name = async (id: string, fails: boolean) =>
      await db.transaction().execute(async (trx) => {
        await trx.insertInto('users').values({ id, full_name: id, named_at: new Date() }).execute()
        if (fails) throw new Error('thought better of it')
        return id
      })
    await t.rejects(name('ann', true), { message: 'thought better of it' })
    t.equal(await name('bob', false), 'bob')
    t.strictSame(await db.selectFrom('users').select('id').execute(), [{ id: 'bob' }])
  })

  fact('a failed statement is told by its code and spoils nothing that comes after', async (t) => {
    const row = { id: 'ann', full_name: 'Ann', named_at: new Date() }
    await t.rejects(db.insertInto('users').values([row, row]).execute(), { code: '23505' })
    await t.rejects(
      db.transaction().execute(async (trx) => {
        await trx.insertInto('users').values(row).execute()
        await trx.insertInto('users').values(row).execute()
      }),
      { code: '23505' },
    )
    t.strictSame(await db.selectFrom('users').select('id').execute(), [])
  })

  fact('a transaction whose failed statement was caught does not pass for committed', async (t) => {
    const row = { id: 'ann', full_name: 'Ann', named_at: new Date() }
    await t.rejects(
      db.transaction().execute(async (trx) => {
        await trx.insertInto('users').values(row).execute()
        await trx
          .insertInto('users')
          .values(row)
          .execute()
          .catch(() => {})
        // Aborted: nothing more is accepted in it.
        await trx.selectFrom('users').select('id').execute()
      }),
      { code: '25P02' },
    )
    t.strictSame(await db.selectFrom('users').select('id').execute(), [])
  })

  fact('a statement beside an open transaction is no part of it', async (t) => {
    const order: string[] = []
    let beside: Promise<number> = Promise.resolve(-1)
    await db.transaction().execute(async (trx) => {
      await trx.insertInto('users').values({ id: 'ann', full_name: 'Ann', named_at: new Date() }).execute()
      beside = db
        .selectFrom('users')
        .select('id')
        .execute()
        .then((rows) => {
          order.push('beside')
          return rows.length
        })
      if (!engine.hasOneConnection) await beside
      await trx.selectFrom('users').select('id').execute()
      order.push('inside')
    })
    t.equal(await beside, engine.hasOneConnection ? 1 : 0)
    t.strictSame(order, engine.hasOneConnection ? ['inside', 'beside'] : ['beside', 'inside'])
  })

  fact('many statements at once all get their own answer', async (t) => {
    const answers = await Promise.all(
      Array.from(
        { length: 100 },
        async (_, n) => (await sql<{ n: number }>`select ${n}::int8 as n`.execute(db)).rows,
      ),
    )
    t.strictSame(
      answers,
      Array.from({ length: 100 }, (_, n) => [{ n }]),
    )
  })

  fact('migrations are idempotent', async (t) => {
    const applied = async () => (await sql`select * from kysely_migration order by name`.execute(db)).rows
    const before = await applied()
    const epoch = await db.selectFrom('cluster').selectAll().execute()
    await migrate(db)
    t.ok(before.length > 0)
    t.strictSame(await applied(), before)
    t.strictSame(await db.selectFrom('cluster').selectAll().execute(), epoch)
  })

  t.test('a database opened again keeps its content', async (t) => {
    const place = await engine.createPlace(t)
    const first = await openStore(await place.open())
    await first.users.name([{ id: 'ann', fullName: 'Ann Lee', namedAt: new Date(0) }])
    const epoch = await first.cluster.epoch()
    await first.close()
    const second = await openStore(await place.open())
    t.equal(await second.cluster.epoch(), epoch)
    t.strictSame(await second.users.names(['ann']), [
      { id: 'ann', fullName: 'Ann Lee', namedAt: new Date(0) },
    ])
    await second.close()
  })

  t.test('a closed store answers nothing', async (t) => {
    const place = await engine.createPlace(t)
    const store = await openStore(await place.open())
    await store.ping()
    await store.close()
    await t.rejects(store.ping())
  })
}
