import t from 'tap'
import { createPostgresDatabase } from '../../src/adapters/database-postgres.js'
import { openStore } from '../../src/store/store.js'
import { createDatabase } from '../helpers/postgres.js'
import { forEachStore, silent } from '../helpers/stores.js'

forEachStore(async (t, open) => {
  const store = await open()
  const tables = async () =>
    (await store.execute("select relname from pg_class where relname like 'made_%' order by 1", [])).rows

  t.test('values come back as they do elsewhere, with parameters and without', async (t) => {
    const at = new Date('2031-02-03T04:05:06.789Z')
    const expected = [{ far: 9_007_199_254_740_991, at, json: { a: [1, null] }, none: null }]
    const statement = (far: string, at: string, json: string) =>
      `select ${far}::int8 as far, ${at}::timestamptz as at, ${json}::jsonb as json, null::int8 as none`
    const [far, json] = ['9007199254740991', '{"a":[1,null]}']
    t.strictSame(
      (await store.execute(statement('$1', '$2', '$3'), [far, at.toISOString(), json])).rows,
      expected,
    )
    t.strictSame(
      (await store.execute(statement(`'${far}'`, `'${at.toISOString()}'`, `'${json}'`), [])).rows,
      expected,
    )
  })

  t.test('a script is carried out whole', async (t) => {
    await store.execute('begin; create table made_one (n int); create table made_two (n int); commit', [])
    t.strictSame(await tables(), [{ relname: 'made_one' }, { relname: 'made_two' }])
    await store.execute('drop table made_one; drop table made_two', [])
  })

  t.test('a script that fails half way leaves nothing behind, and its connection to others', async (t) => {
    const script = 'begin; create table made_half (n int); select 1 / 0; commit'
    await t.rejects(store.execute(script, []), { code: '22012' })
    t.strictSame(await tables(), [])
  })

  t.test('a script beside a transaction is no part of it', async (t) => {
    let script: Promise<unknown> = Promise.resolve()
    await t.rejects(
      store.transaction(async (trx) => {
        script = store.execute('begin; create table made_beside (n int); commit', [])
        await trx.selectFrom('cluster').select('epoch').execute()
        throw new Error('thought better of it')
      }),
      { message: 'thought better of it' },
    )
    await script
    t.strictSame(await tables(), [{ relname: 'made_beside' }])
  })
})

t.test('the one connection of a pool serves again after a script has failed in it', async (t) => {
  const { url } = await createDatabase(t)
  const store = await openStore(createPostgresDatabase(url, 1, silent))
  t.teardown(async () => await store.close())
  const backend = async () => (await store.execute('select pg_backend_pid() as pid', [])).rows
  const before = await backend()
  await t.rejects(store.execute('begin; select 1 / 0; commit', []), { code: '22012' })
  t.strictSame(await backend(), before)
  await store.transaction(async (trx) => await trx.selectFrom('cluster').select('epoch').execute())
})
