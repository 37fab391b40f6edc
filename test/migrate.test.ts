import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import t, { type Test } from 'tap'
import { TEST_SECRET } from './helpers/clients.js'
import { chatOfTwo, joinChat, say } from './helpers/frames.js'
import { exitOf } from './helpers/main.js'
import { createDatabase, execute } from './helpers/postgres.js'
import { startNode, startProcess } from './helpers/processes.js'

const entry = fileURLToPath(new URL('../dist/migrate.js', import.meta.url))

async function runMigrate(t: Test, env: Record<string, string>) {
  const child = startProcess(t, process.execPath, [entry], { PATH: process.env.PATH, ...env })
  return { code: await exitOf(child), output: child.output() }
}

/** A role that owns this database and may nothing else: what docs/operating.md asks for. */
async function ownerOf(t: Test, url: string): Promise<string> {
  const name = `owner_${randomUUID().replaceAll('-', '')}`
  const database = new URL(url).pathname.slice(1)
  await execute(
    url,
    `CREATE ROLE ${name} LOGIN PASSWORD 'of-a-test'; ALTER DATABASE ${database} OWNER TO ${name}`,
  )
  t.teardown(async () => {
    await execute(url, `ALTER DATABASE ${database} OWNER TO CURRENT_USER; DROP OWNED BY ${name} CASCADE`)
    await execute(url, `DROP ROLE ${name}`)
  })
  return Object.assign(new URL(url), { username: name, password: 'of-a-test' }).href
}

async function tablesOf(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query("select tablename from pg_tables where schemaname = 'public'")
  await client.end()
  return rows.map(({ tablename }) => String(tablename)).sort()
}

t.test('it makes the schema and ends, again as well, and the owner of the database may do it', async (t) => {
  const { url } = await createDatabase(t)
  const env = { DATABASE_URL: await ownerOf(t, url), JWT_SECRET: TEST_SECRET }
  const first = await runMigrate(t, env)
  t.equal(first.code, 0, first.output)
  t.match(first.output, /the schema is up to date/)
  const tables = await tablesOf(url)
  t.ok(tables.includes('messages'))
  t.equal((await runMigrate(t, env)).code, 0)
  t.same(await tablesOf(url), tables)

  const node = await startNode(t, env)
  const { chatId, ann, bob } = await chatOfTwo(t, node)
  await joinChat(bob, chatId)
  await say(ann, chatId, 'on the schema that was there')
  await bob.next(({ type }) => type === 'message')
  t.equal(await node.stop(), 0)
})

t.test('a fault of the environment is told before anything is touched', async (t) => {
  const { url } = await createDatabase(t)
  const faulty = await runMigrate(t, { DATABASE_URL: url, PARLEY_SWEEEP_MS: '5' })
  t.equal(faulty.code, 1)
  t.match(faulty.output, /JWT_SECRET|PARLEY_SWEEEP_MS/)
  t.same(await tablesOf(url), [])
})

t.test('without DATABASE_URL there is nothing to migrate', async (t) => {
  const { code, output } = await runMigrate(t, {})
  t.equal(code, 1)
  t.match(output, /DATABASE_URL: needed here/)
  t.notMatch(output, /^ {4}at /m, 'no stack')
})
