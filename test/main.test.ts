import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import t from 'tap'
import {
  type AnyFrame,
  call,
  connectRaw,
  connectSocketIo,
  createChat,
  TEST_SECRET,
  token,
} from './helpers/clients.js'
import { temporaryFolder } from './helpers/folders.js'
import { eventOf, joinChat, say, sessionOf } from './helpers/frames.js'
import { runMain } from './helpers/main.js'
import { createPGliteFolder } from './helpers/pglite.js'
import { startNode } from './helpers/processes.js'

// Processes start one after the other here: on a busy machine that takes its time.
t.setTimeout(300_000)

const DATABASE_URL = 'postgres://nobody@127.0.0.1:1/nothing'

const faults: [what: string, env: Record<string, string>, names: RegExp[]][] = [
  [
    'bad values, all of them, and unknown variables of ours',
    {
      PORT: 'eighty',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://x/y',
      TRUST_PROXY: 'the balancer',
      JWT_PUBLIC_KEY: 'not a PEM',
      PARLEY_SWEEP_MS: '-1',
      PARLEY_SWEEEP_MS: '5',
    },
    [
      /7 fault/,
      /PORT: /,
      /LOG_LEVEL: /,
      /DATABASE_URL: /,
      /TRUST_PROXY: /,
      /JWT_PUBLIC_KEY: /,
      /PARLEY_SWEEP_MS: /,
      /PARLEY_SWEEEP_MS: unknown variable/,
    ],
  ],
  ['Postgres without a key', { DATABASE_URL }, [/JWT_SECRET/, /JWT_PUBLIC_KEY/, /JWKS_URL/]],
  [
    'Redis without Postgres, and two keys',
    { REDIS_URL: 'redis://127.0.0.1:1', JWT_SECRET: TEST_SECRET, JWKS_URL: 'https://keys.example/jwks' },
    [/REDIS_URL: needs DATABASE_URL/, /only one of/],
  ],
]
for (const [what, env, names] of faults)
  t.test(`the start is refused with one clear message: ${what}`, async (t) => {
    const { code, output } = await runMain(t, env)
    t.equal(code, 1)
    for (const name of names) t.match(output, name)
    t.notMatch(output, /^ {4}at /m, 'no stack')
    t.notMatch(output, TEST_SECRET, 'no secret')
  })

t.test('the start is refused when PORT is taken', async (t) => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  t.teardown(() => other.close())
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? String(address.port) : ''
  const DATA_DIR = await createPGliteFolder(t)
  const { code, output } = await runMain(t, { DATA_DIR, PORT: port, JWT_SECRET: TEST_SECRET })
  t.equal(code, 1)
  t.match(output, new RegExp(`${port}`))
})

t.test('embedded: what was acked before kill -9 is there after a start on the same folder', async (t) => {
  const env = { DATA_DIR: await temporaryFolder(t), JWT_SECRET: TEST_SECRET }
  const node = await startNode(t, env)
  const chatId = await createChat(node, ['ann', 'bob'])
  const ann = await sessionOf(t, node, 'ann')
  await joinChat(ann, chatId)
  await say(ann, chatId, 'the first one', { clientId: 'c-0' })

  // In full flow: many are under way when it is killed.
  let sentSoFar = 0
  const flow = setInterval(() => {
    for (let n = 0; n < 5; n++)
      ann.send({
        type: 'send',
        chatId,
        content: `m${++sentSoFar}`,
        clientId: `f-${sentSoFar}`,
        ref: `f-${sentSoFar}`,
      })
  }, 2)
  await ann.next(({ type, ref }) => type === 'reply' && ref === 'f-100')
  await node.kill9()
  clearInterval(flow)
  t.equal((await ann.closed).code, 1006)
  const acked = ann.frames.filter(
    ({ type, ref }) => type === 'reply' && typeof ref === 'string' && ref.startsWith('f-'),
  )
  t.ok(acked.length >= 100)
  const before = await lockOf(env.DATA_DIR)
  t.match(before, new RegExp(`^${node.pid} `), 'the lock of the one that was killed is left behind')

  const again = await startNode(t, env)
  t.match(await lockOf(env.DATA_DIR), new RegExp(`^${again.pid} `), 'and is taken over')
  const history = await historyOf(again, chatId)
  const kept = new Map(history.map((message) => [message.clientId, message]))
  for (const frame of acked) t.match(kept.get(String(frame.ref)), dataOf(frame), String(frame.ref))
  t.same(
    history.map(({ seq }) => seq),
    history.map((_, index) => index + 1),
    'without a hole',
  )

  const back = await sessionOf(t, again, 'ann')
  const data = await joinChat(back, chatId, { afterRev: 1 })
  t.notOk(data.reset, 'the same epoch')
  t.equal(data.chat.lastSeq, history.length)
  t.match(
    await say(back, chatId, 'again', { clientId: 'c-0' }),
    { seq: 1, duplicate: true },
    'a retry is still a repeat',
  )
  t.match(await say(back, chatId, 'and on'), { seq: history.length + 1 })
})

const lockOf = (folder: string) => readFile(`${folder}/parley.lock`, 'utf8')

function dataOf({ data }: AnyFrame): object {
  return typeof data === 'object' && data !== null ? data : {}
}

interface Kept {
  readonly seq: number
  readonly clientId: string
}

/** All messages of a chat, the oldest first. */
async function historyOf(node: { url: string }, chatId: string): Promise<Kept[]> {
  const all: Kept[] = []
  let cursor = ''
  for (;;) {
    const { body } = await call(
      node,
      token('ann', 'Ann'),
      'GET',
      `/chats/${chatId}/messages?limit=100${cursor}`,
    )
    all.push(...body.data)
    if (body.pagination.nextCursor === null) return all.reverse()
    cursor = `&cursor=${body.pagination.nextCursor}`
  }
}

t.test('a running node', async (t) => {
  const env = { DATA_DIR: await createPGliteFolder(t), JWT_SECRET: TEST_SECRET }
  const node = await startNode(t, env)

  await t.test('a second process on its DATA_DIR is refused by name', async (t) => {
    const second = await runMain(t, env)
    t.equal(second.code, 1)
    t.match(second.output, env.DATA_DIR)
    t.match(second.output, new RegExp(`process ${node.pid}\\b`))
    t.match(await lockOf(env.DATA_DIR), new RegExp(`^${node.pid} `))
    t.match(await call(node, undefined, 'GET', '/readyz'), { status: 200 })
  })

  await t.test('SIGTERM: sessions are closed 4001, what was acked is kept, exit 0', async (t) => {
    const ann = token('ann', 'Ann Lee')
    const made = await call(node, ann, 'POST', '/chats', {
      type: 'general',
      members: [{ userId: 'bob' }],
    })
    const chatId: string = made.body.id
    const client = await connectRaw(t, node, ann)
    const socket = connectSocketIo(t, node, ann)
    await eventOf(socket, 'connect')
    const ended = eventOf(socket, 'disconnect')
    for (let n = 1; n <= 200; n++) client.send({ type: 'send', chatId, content: `m${n}`, ref: n })
    await client.next(({ ref }) => ref === 1)
    t.equal(await node.stop('SIGTERM'), 0)
    t.equal((await client.closed).code, 4001)
    t.equal(await ended, 'transport close')
    t.ok(socket.active, 'the client tries again by itself')
    const acked = client.frames.filter(({ type }) => type === 'reply')
    t.ok(acked.length >= 1)

    const again = await startNode(t, env)
    const history = await call(again, ann, 'GET', `/chats/${chatId}/messages?limit=1`)
    t.equal(history.status, 200, 'the secret is the same')
    t.ok(history.body.pagination.total >= acked.length)
    t.equal(await again.stop('SIGINT'), 0)
  })
})
