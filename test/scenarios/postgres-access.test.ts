import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { createPostgresDatabase } from '../../src/adapters/database-postgres.js'
import { openStore } from '../../src/store/store.js'
import { createChat, TEST_SECRET, until } from '../helpers/clients.js'
import { edit, historyOf, joinChat, say, sessionOf } from '../helpers/frames.js'
import { runMain } from '../helpers/main.js'
import { ask, noOwnPostgres, serverFolder, startOwnPostgres } from '../helpers/own-postgres.js'
import { type NodeProcess, startNode } from '../helpers/processes.js'
import { silent } from '../helpers/stores.js'

/** What docs/postgres.md says of TLS and of roles, as it is written there. */

const guide = await readFile(new URL('../../docs/postgres.md', import.meta.url), 'utf8')

/** The statements of the page's block of SQL that begins with this line. */
function statementsOf(first: string): string {
  const block = guide.split('```').find((one) => one.startsWith(`sql\n${first}`))
  if (block === undefined) throw new Error(`docs/postgres.md has no block that begins with ${first}`)
  return block.slice('sql\n'.length)
}

async function talk(t: Test, node: NodeProcess): Promise<void> {
  const chatId = await createChat(node, ['ann', 'bob'])
  const ann = await sessionOf(t, node, 'ann')
  await joinChat(ann, chatId)
  const { seq } = await say(ann, chatId, 'hello', { clientId: 'hello' })
  t.match(await say(ann, chatId, 'hello', { clientId: 'hello' }), { seq, duplicate: true })
  await edit(ann, chatId, seq, 'hello there')
  t.match(await historyOf(node, chatId), [{ content: 'hello there' }])
}

/** An authority of the test's own, and a certificate that it gives a server of this name. */
async function certify(t: Test, name: string) {
  const folder = await serverFolder(t)
  const at = (file: string) => join(folder, file)
  const openssl = async (...args: string[]) => await promisify(execFile)('openssl', args)
  const subject = ['-subj', `/CN=${name}`]
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await openssl(
    'req',
    '-x509',
    ...key,
    '-days',
    '2',
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.crt'),
    '-subj',
    '/CN=Test CA',
  )
  await openssl('req', ...key, ...subject, '-keyout', at('server.key'), '-out', at('server.csr'))
  await writeFile(at('names'), `subjectAltName=DNS:${name}\n`)
  const signed = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', at('names')]
  await openssl('x509', '-req', '-days', '2', '-in', at('server.csr'), '-out', at('server.crt'), ...signed)
  return { ca: at('ca.crt'), certificate: at('server.crt'), key: at('server.key') }
}

t.test('TLS with an authority of one’s own', { skip: noOwnPostgres }, async (t) => {
  const [good, other, misnamed] = [
    await certify(t, 'localhost'),
    await certify(t, 'localhost'),
    await certify(t, 'db.example'),
  ]
  const server = await startOwnPostgres(t)
  await server.ask('create role parley_node superuser login')
  const serveWith = async ({ certificate, key }: { certificate: string; key: string }) => {
    await server.give(key)
    for (const setting of [`ssl_cert_file = '${certificate}'`, `ssl_key_file = '${key}'`, 'ssl = on'])
      await server.ask(`alter system set ${setting}`)
    await writeFile(
      join(server.folder, 'pg_hba.conf'),
      'hostnossl all parley_node 127.0.0.1/32 reject\nhost all all 127.0.0.1/32 trust\n',
    )
    await server.stop()
    await server.start()
  }
  const urlWith = (mode: string, ca: string) => {
    const url = new URL(server.url)
    url.hostname = 'localhost'
    url.username = 'parley_node'
    url.search = `sslmode=${mode}&sslrootcert=${ca}`
    return url.href
  }
  const env = (url: string) => ({ DATABASE_URL: url, JWT_SECRET: TEST_SECRET })

  await serveWith(good)
  const url = urlWith('verify-full', good.ca)
  const node = await startNode(t, env(url))
  await talk(t, node)
  t.match(
    await ask(
      url,
      `select ssl, count(*)::int from pg_stat_ssl join pg_stat_activity using (pid)
      where application_name = 'parley' group by ssl`,
    ),
    [{ ssl: true }],
    'all connections',
  )
  await server.stop()
  await server.start()
  await until(async () => (await fetch(`${node.url}/readyz`)).status === 200, 'it is ready again')
  await talk(t, node)
  await node.stop()

  const stranger = await runMain(t, env(urlWith('verify-full', other.ca)))
  t.match(stranger, { code: 1, output: /certificate/ })
  await serveWith(misnamed)
  const elsewhere = await runMain(t, env(urlWith('verify-full', misnamed.ca)))
  t.match(elsewhere, { code: 1, output: /does not match certificate/ })
})

t.test('a role that owns the tables, and one that the nodes are', { skip: noOwnPostgres }, async (t) => {
  const server = await startOwnPostgres(t)
  // The page's names are taken as they are: the server is the test's own.
  const run = async (first: string, url = server.url) => {
    for (const statement of statementsOf(first).split(/;\n/))
      if (statement.trim() !== '') await ask(url, statement)
  }
  await run('CREATE ROLE parley_owner')
  const database = new URL(server.url)
  database.pathname = '/parley'
  const as = (role: string) => {
    const url = new URL(database)
    url.username = role
    return url.href
  }
  await run('GRANT USAGE', database.href)
  const store = await openStore(createPostgresDatabase(as('parley_owner'), 2, silent))
  await store.close()

  const env = { DATABASE_URL: as('parley_node'), JWT_SECRET: TEST_SECRET }
  const first = await startNode(t, env)
  await talk(t, first)
  const queues = async () => (await ask(database.href, 'select name from pgboss.queue')).length
  await until(async () => (await queues().catch(() => 0)) > 0, 'the job queue has made its tables')
  await first.stop()
  await run('REVOKE CREATE', database.href)

  const second = await startNode(t, env)
  await talk(t, second)
  t.notMatch(second.output(), 'the job queue cannot')
  const [bound] = await ask(as('parley_node'), `select current_setting('statement_timeout') as bound`)
  t.match(bound, { bound: '10s' })
  for (const statement of [
    'drop table messages',
    'alter table messages add column x text',
    `create table t_${randomUUID().slice(0, 8)} (x text)`,
    'create schema elsewhere',
    'truncate messages',
    'delete from kysely_migration',
  ])
    await t.rejects(ask(as('parley_node'), statement), { code: '42501' }, statement)
})
