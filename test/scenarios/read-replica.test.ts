import t, { type Test } from 'tap'
import { createChat, TEST_SECRET, until } from '../helpers/clients.js'
import { edit, historyOf, joinChat, say, sessionOf } from '../helpers/frames.js'
import { noOwnPostgres, type OwnPostgres, startOwnPostgres, startReplica } from '../helpers/own-postgres.js'
import { startNode } from '../helpers/processes.js'

/** A database, its replica, a node on both, and a chat of three messages that the replica knows. */
async function start(t: Test) {
  const primary = await startOwnPostgres(t)
  const replica = await startReplica(t, primary)
  const node = await startNode(t, {
    DATABASE_URL: primary.url,
    DATABASE_REPLICA_URL: replica.url,
    JWT_SECRET: TEST_SECRET,
    PARLEY_SWEEP_MS: '200',
  })
  const chatId = await createChat(node, ['ann', 'bob'])
  const ann = await sessionOf(t, node, 'ann')
  await joinChat(ann, chatId)
  for (const content of ['first', 'second', 'third']) await say(ann, chatId, content)
  await isLevel(primary, replica)
  return { primary, replica, node, chatId, ann }
}

/** The replica has all that the primary has written. */
async function isLevel(primary: OwnPostgres, replica: OwnPostgres): Promise<void> {
  const [written] = await primary.ask('select pg_current_wal_lsn() as lsn')
  await until(async () => {
    const [row] = await replica.ask('select pg_last_wal_replay_lsn() >= $1::pg_lsn as level', [written?.lsn])
    return row?.level === true
  }, 'the replica is level')
}

async function pause(replica: OwnPostgres): Promise<void> {
  await replica.ask('select pg_wal_replay_pause()')
  await until(async () => {
    const [row] = await replica.ask('select pg_get_wal_replay_pause_state() as state')
    return row?.state === 'paused'
  }, 'the replay is paused')
}

/** Changes a message on the primary past the service: no event says so, so it tells where a page was read. */
async function mark(primary: OwnPostgres, chatId: string, content: string): Promise<void> {
  await primary.ask('update messages set content = $2 where chat_id = $1 and seq = 1', [chatId, content])
}

const contents = async (node: { url: string }, chatId: string) =>
  (await historyOf(node, chatId)).map(({ content }) => content)

t.test(
  'a page is read on the replica, and never older than what was seen',
  { skip: noOwnPostgres },
  async (t) => {
    const { primary, replica, node, chatId, ann } = await start(t)
    await pause(replica)
    await mark(primary, chatId, 'on the primary')
    t.strictSame(await contents(node, chatId), ['third', 'second', 'first'], 'it is the replica that is read')

    // Behind by one event, and it is not read.
    await edit(ann, chatId, 2, 'edited')
    t.strictSame(await contents(node, chatId), ['third', 'edited', 'on the primary'])
    await say(ann, chatId, 'fourth')
    t.strictSame(await contents(node, chatId), ['fourth', 'third', 'edited', 'on the primary'])
    const other = await createChat(node, ['ann'])
    await joinChat(ann, other)
    t.strictSame(await contents(node, other), [], 'a chat that the replica has not heard of')
    await say(ann, other, 'hello')
    t.strictSame(await contents(node, other), ['hello'])

    await replica.ask('select pg_wal_replay_resume()')
    await isLevel(primary, replica)
    await pause(replica)
    await mark(primary, chatId, 'on the primary again')
    t.strictSame(await contents(node, chatId), ['fourth', 'third', 'edited', 'on the primary'])
    await primary.ask(`update users set full_name = 'Ann Lee-Ray' where id = 'ann'`)
    t.match((await historyOf(node, chatId))[0]?.sender, { fullName: 'Ann Lee-Ray' }, 'names are those of now')

    // As after a restore: what the replica counts is of another time.
    await primary.ask(`update cluster set epoch = 'another'`)
    t.match(await ann.closed, { code: 4001 })
    t.strictSame(await contents(node, chatId), ['fourth', 'third', 'edited', 'on the primary again'])
  },
)

t.test('a replica that is silent, or gone, is done without', { skip: noOwnPostgres }, async (t) => {
  const { primary, replica, node, chatId, ann } = await start(t)
  const isReady = async () => (await fetch(`${node.url}/readyz`)).status === 200
  const [backend] = await replica.ask(`select pid from pg_stat_activity where application_name = 'parley'`)
  t.notOk(backend, 'nobody has asked it yet')
  t.strictSame(await contents(node, chatId), ['third', 'second', 'first'])
  const [asked] = await replica.ask(`select pid from pg_stat_activity where application_name = 'parley'`)
  t.type(asked?.pid, 'number')
  process.kill(Number(asked?.pid), 'SIGSTOP')
  await mark(primary, chatId, 'on the primary')
  t.strictSame(await contents(node, chatId), ['third', 'second', 'on the primary'])
  process.kill(Number(asked?.pid), 'SIGCONT')

  await replica.stop()
  t.strictSame(await contents(node, chatId), ['third', 'second', 'on the primary'])
  await say(ann, chatId, 'fourth')
  t.strictSame(await contents(node, chatId), ['fourth', 'third', 'second', 'on the primary'])
  t.ok(await isReady())

  await replica.start()
  await isLevel(primary, replica)
  await pause(replica)
  await mark(primary, chatId, 'on the primary alone')
  await until(async () => (await contents(node, chatId)).at(-1) === 'on the primary', 'it is read again')
})
