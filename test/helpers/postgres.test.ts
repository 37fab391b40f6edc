import pg from 'pg'
import t from 'tap'
import { createDatabase } from './postgres.js'

const names = async (url: string, sql: string): Promise<string[]> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ name: string }>(sql)
  await client.end()
  return rows.map((row) => row.name)
}

t.test('each test has an empty database of its own, and it is dropped even while in use', async (t) => {
  const created: string[] = []
  await t.test('inside', async (t) => {
    const databases = await Promise.all([createDatabase(t), createDatabase(t)])
    for (const { url } of databases) {
      created.push(...(await names(url, 'SELECT current_database() AS name')))
      t.same(await names(url, "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"), [])
    }
    const [first] = databases
    const user = new pg.Client({ connectionString: first.url })
    user.on('error', () => {})
    await user.connect()
  })
  t.equal(new Set(created).size, 2)
  const server = process.env.TEST_DATABASE_URL ?? ''
  const left = await names(server, 'SELECT datname AS name FROM pg_database')
  t.same(
    left.filter((name) => created.includes(name)),
    [],
  )
})
