import pg from 'pg'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { createChat, type RawClient, TEST_SECRET, until } from '../helpers/clients.js'
import { edit, historyOf, joinChat, messagePush, pushesOf, say, sessionOf } from '../helpers/frames.js'
import { noPgBouncer, startPgBouncer } from '../helpers/pgbouncer.js'
import { createDatabase } from '../helpers/postgres.js'
import { startNode } from '../helpers/processes.js'
import { startRedis } from '../helpers/redis.js'

/** Fewer than one node alone would like to have. */
const CONNECTIONS = 3

/** Two nodes that are started at once on an empty database, behind one PgBouncer. */
async function start(t: Test) {
  const [{ url }, redis] = await Promise.all([createDatabase(t), startRedis(t)])
  const bouncer = await startPgBouncer(t, url, CONNECTIONS)
  const env = {
    ...{ DATABASE_URL: bouncer.url, REDIS_URL: redis.url, JWT_SECRET: TEST_SECRET },
    PARLEY_PREPARED_STATEMENTS: 'false',
    PARLEY_SWEEP_MS: '300',
  }
  const [here, there] = await Promise.all([startNode(t, env), startNode(t, env)])
  const chatId = await createChat(here, ['ann', 'bob'])
  const [ann, bob] = [await sessionOf(t, here, 'ann'), await sessionOf(t, there, 'bob')]
  await joinChat(ann, chatId)
  await joinChat(bob, chatId)
  const server = new pg.Client({ connectionString: url })
  await server.connect()
  t.teardown(async () => await server.end())
  return { here, there, chatId, ann, bob, bouncer, server }
}

/** What all the work has left on the server's connections. */
async function leftOn(server: pg.Client): Promise<{ connections: number; locks: number } | undefined> {
  const { rows } = await server.query(`select
    (select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid())::int
      as connections,
    (select count(*) from pg_locks where locktype = 'advisory' and database =
      (select oid from pg_database where datname = current_database()))::int as locks`)
  return z.tuple([z.object({ connections: z.int(), locks: z.int() })]).parse(rows)[0]
}

t.test('two nodes talk through it, from an empty database on', { skip: noPgBouncer }, async (t) => {
  const { here, there, chatId, ann, bob, server } = await start(t)
  for (const content of ['one', 'two']) await say(ann, chatId, content, { clientId: content })
  await messagePush(bob, 'two')
  const { seq } = await say(bob, chatId, 'three')
  await edit(bob, chatId, seq, 'three, in other words')
  await ann.next(({ type }) => type === 'message_edited')
  t.match(await say(ann, chatId, 'one', { clientId: 'one' }), { seq: 1, duplicate: true })
  const contents = ['three, in other words', 'two', 'one']
  for (const node of [here, there])
    t.match(
      (await historyOf(node, chatId)).map(({ content }) => content),
      contents,
    )

  const left = await leftOn(server)
  t.ok(left !== undefined && left.connections <= CONNECTIONS)
  t.equal(left?.locks, 0)
  const { rows } = await server.query('select version from pgboss.version')
  t.equal(rows.length, 1, 'the job queue has made its tables through it')
  for (const node of [here, there]) {
    t.match(node.output(), 'statements have no bounds')
    t.notMatch(node.output(), 'the job queue cannot')
  }
})

/** Says it again until it is acked, as a client does. */
async function sayAtLast(client: RawClient, chatId: string, content: string): Promise<void> {
  await until(async () => {
    const answer = await client.request({ type: 'send', chatId, content, clientId: content })
    if (answer.type === 'error' && answer.temporary !== true) throw new Error(JSON.stringify(answer))
    return answer.type === 'reply'
  }, `${content} is acked`)
}

t.test(
  'a PgBouncer that is lost under load is a database that was away',
  { skip: noPgBouncer },
  async (t) => {
    const { here, chatId, ann, bob, bouncer } = await start(t)
    const said = Array.from({ length: 150 }, (_, n) => `number ${n}`)
    const lanes = [ann, bob].flatMap((client, place) =>
      [0, 1].map(async (lane) => {
        for (const [n, content] of said.entries())
          if (n % 4 === 2 * place + lane) await sayAtLast(client, chatId, content)
      }),
    )
    await until(() => pushesOf(bob, 'message').length > 30, 'they talk')
    await bouncer.stop()
    t.match(await ann.request({ type: 'send', chatId, content: 'to nobody', clientId: 'to nobody' }), {
      code: 'overloaded',
      temporary: true,
    })
    await bouncer.start()
    await Promise.all(lanes)
    await sayAtLast(ann, chatId, 'to nobody')
    for (const client of [ann, bob])
      await until(() => pushesOf(client, 'message').length === said.length + 1, 'all are told')
    const revs = pushesOf(bob, 'message').map(({ rev }) => rev)
    t.strictSame(
      revs,
      revs.map((_, index) => index + 1),
      'each once, in order',
    )
    const newest = (await historyOf(here, chatId)).map(({ seq }) => seq)
    t.equal(newest[0], said.length + 1)
  },
)
