import type { Socket } from 'socket.io-client'
import t, { type Test } from 'tap'
import { z } from 'zod'
import {
  call,
  connectRaw,
  connectSocketIo,
  createChat,
  type RawClient,
  TEST_SECRET,
  token,
  until,
} from '../helpers/clients.js'
import { eventOf, joinChat, say } from '../helpers/frames.js'
import { runMain } from '../helpers/main.js'
import { createDatabase } from '../helpers/postgres.js'
import { type NodeProcess, startNode } from '../helpers/processes.js'
import { startRedis } from '../helpers/redis.js'

// Three processes start in each test.
t.setTimeout(300_000)

const WORKERS = 3
const LOG_LINE = z.looseObject({ msg: z.string(), worker: z.string().optional(), pid: z.number() })

async function startWorkers(t: Test, env: Record<string, string> = {}): Promise<NodeProcess> {
  const [{ url }, redis] = await Promise.all([createDatabase(t), startRedis(t)])
  const engines = { DATABASE_URL: url, REDIS_URL: redis.url, JWT_SECRET: TEST_SECRET }
  return await startNode(t, { ...engines, WORKERS: String(WORKERS), ...env })
}

function logOf(node: NodeProcess) {
  return node
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => LOG_LINE.parse(JSON.parse(line)))
}

/** It begins with polling; resolves when it has gone over to a WebSocket. */
async function upgraded({ io: { engine } }: Socket): Promise<void> {
  while (engine.transport.name !== 'websocket')
    await new Promise((resolve) => engine.once('upgrade', resolve))
}

/** Waits for the log to say it. */
async function told(node: NodeProcess, isMeant: (line: z.infer<typeof LOG_LINE>) => boolean): Promise<void> {
  await until(() => logOf(node).some(isMeant), 'the log says it')
}

/** A client of the seed's kind, that is connected: polling first, and as long as `transports` says so. */
async function connect(t: Test, node: NodeProcess, user: string, transports: string[]): Promise<Socket> {
  const socket = connectSocketIo(t, node, token(user, user), transports)
  await eventOf(socket, 'connect')
  return socket
}

t.test('what cannot work is refused', async (t) => {
  const engines = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing', JWT_SECRET: TEST_SECRET }
  const faults: [Record<string, string>, RegExp][] = [
    [{ WORKERS: '2' }, /WORKERS: needs REDIS_URL/],
    [{ ...engines, WORKERS: '2' }, /WORKERS: needs REDIS_URL/],
    [{ ...engines, WORKERS: '0', REDIS_URL: 'redis://127.0.0.1:1' }, /WORKERS: must be a number/],
    [
      { ...engines, WORKERS: '2', REDIS_URL: 'redis://127.0.0.1:1', WS_PORT: '0' },
      /WORKERS: needs a WS_PORT/,
    ],
  ]
  for (const [env, fault] of faults) {
    const { code, output } = await runMain(t, env)
    t.equal(code, 1)
    t.match(output, fault)
  }
})

t.test('several processes on the same ports', async (t) => {
  const node = await startWorkers(t)
  await told(node, ({ msg, worker }) => msg === 'ready' && worker === undefined)
  const chatId = await createChat(node, ['ann', 'bob'])

  await t.test('raw sessions are on all of them, and hear each other', async (t) => {
    const clients: RawClient[] = []
    for (let n = 0; n < 24; n += 1) {
      const client = await connectRaw(t, node, token(n % 2 === 0 ? 'ann' : 'bob', 'A'))
      await joinChat(client, chatId)
      clients.push(client)
    }
    const [first] = clients
    if (first === undefined) throw new Error('no clients')
    await say(first, chatId, 'to all workers')
    for (const client of clients) await client.next(({ type }) => type === 'message')

    // Their figures are added up.
    const metrics = await (await fetch(`http://127.0.0.1:${node.opsPort}/metrics`)).text()
    t.match(metrics, /^parley_sessions\{door="raw"\} 24$/m)
    t.match(metrics, /^parley_sends_total\{result="ok"\} 1$/m)
    t.match(metrics, /^parley_deliveries_total 24$/m)
    t.match(metrics, /^parley_build_info\{version=".*"\} 1$/m)
  })

  for (const transports of [['polling'], ['polling', 'websocket']])
    await t.test(`Socket.IO by ${transports}, whichever process reads a request`, async (t) => {
      // Enough of them that some are not on the process that reads their requests.
      const sockets = await Promise.all(
        Array.from({ length: 12 }, (_, n) => connect(t, node, n % 2 === 0 ? 'ann' : 'bob', transports)),
      )
      const owners = new Set(sockets.map(({ io }) => String(io.engine.id).split('.')[0]))
      t.ok(owners.size > 1, 'several processes have a share')
      if (transports.includes('websocket')) await Promise.all(sockets.map(upgraded))
      await Promise.all(sockets.map((socket) => socket.emitWithAck('join', { chatId })))
      // The second is larger than one piece of a request.
      for (const content of [`by ${transports}`, 'x'.repeat(8_000)]) {
        const heard = sockets.map((socket) => eventOf(socket, 'message'))
        const answer = await sockets[0]?.emitWithAck('chat message', { chatId, content })
        t.match(answer, { type: 'reply' })
        for (const message of await Promise.all(heard)) t.match(message, { content })
      }
    })

  await t.test('the session of a process that is not there', async (t) => {
    const response = await fetch(`${node.url}/socket.io/?EIO=4&transport=polling&sid=99.abc`)
    t.equal(response.status, 400)
    t.match(await response.json(), { code: 1 })
  })

  await t.test('one that dies is started again, and the others go on', async (t) => {
    const ann = await connectRaw(t, node, token('ann', 'Ann'))
    const killed = logOf(node).find(({ msg, worker }) => msg === 'ready' && worker !== undefined)
    if (killed?.worker === undefined) throw new Error('no worker')
    process.kill(killed.pid, 'SIGKILL')
    await told(node, ({ msg, worker }) => msg === 'ready' && worker === String(WORKERS + 1))
    t.ok(logOf(node).some(({ msg, signal }) => msg.startsWith('a worker has ended') && signal === 'SIGKILL'))
    const bob = await connectRaw(t, node, token('bob', 'Bob'))
    await joinChat(bob, chatId)
    await say(bob, chatId, 'still here')
    t.equal((await call(node, token('ann', 'Ann'), 'GET', `/chats/${chatId}`)).status, 200)
    await ann.close()
  })

  await t.test('all are drained', async (t) => {
    const ann = await connectRaw(t, node, token('ann', 'Ann'))
    const socket = await connect(t, node, 'bob', ['polling', 'websocket'])
    await upgraded(socket)
    const gone = eventOf(socket, 'disconnect')
    t.equal(await node.stop('SIGTERM'), 0)
    t.ok(ann.frames.some(({ type }) => type === 'goaway'))
    t.equal((await ann.closed).code, 4001)
    await gone
  })
})

t.test('workers whose supervisor has been killed end by themselves', async (t) => {
  const node = await startWorkers(t, { PARLEY_DRAIN_SECONDS: '0' })
  await told(node, ({ msg, worker }) => msg === 'ready' && worker === undefined)
  // Resolves when its output has ended, which is that of its workers too.
  await node.kill9()
  const closing = logOf(node).filter(({ msg, worker }) => msg === 'closing' && worker !== undefined)
  t.equal(closing.length, WORKERS)
})
