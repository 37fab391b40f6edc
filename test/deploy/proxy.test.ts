import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { io } from 'socket.io-client'
import t, { type Test } from 'tap'
import WebSocket from 'ws'
import { postFiles } from '../helpers/attachments.js'
import { call, connectRaw, connectSocketIo, createChat, until as holds, token } from '../helpers/clients.js'
import { startCluster } from '../helpers/cluster.js'
import { eventOf, joinChat, messagePush, say, sessionOf } from '../helpers/frames.js'
import { freePort, type NodeProcess, startProcess, until } from '../helpers/processes.js'
import { startS3 } from '../helpers/s3.js'
import { root } from './dockerfile.js'

/** deploy/haproxy.cfg as it is, with a real HAProxy before two real nodes. */

const haproxy = process.env.TEST_HAPROXY
const skip = haproxy ? false : 'HAProxy is not here: npm run test:long installs it where it may'
const file = join(root, 'deploy/haproxy.cfg')
t.setTimeout(300_000)

async function startProxy(t: Test, [one, two]: readonly NodeProcess[]) {
  const port = await freePort()
  const env = {
    PROXY_BIND: `127.0.0.1:${port}`,
    ...{ NODE_1: '127.0.0.1', NODE_1_PORT: String(one?.port), NODE_1_WS_PORT: String(one?.wsPort) },
    ...{ NODE_2: '127.0.0.1', NODE_2_PORT: String(two?.port), NODE_2_WS_PORT: String(two?.wsPort) },
  }
  const check = spawnSync(haproxy ?? '', ['-c', '-f', file], { env, encoding: 'utf8' })
  t.equal(check.status, 0, check.stderr)
  t.notMatch(check.stderr, /WARNING|ALERT/, 'HAProxy finds nothing to warn of')
  const child = startProcess(t, haproxy ?? '', ['-f', file], env)
  const url = `http://127.0.0.1:${port}`
  await until(child, 'the proxy', 30_000, async () => {
    const answer = await fetch(`${url}/livez`).catch(() => undefined)
    return answer?.status === 200
  })
  return { url, wsUrl: `ws://127.0.0.1:${port}/ws`, output: child.output }
}

t.test('two nodes behind the proxy', { skip }, async (t) => {
  const s3 = await startS3(t)
  const cluster = await startCluster(t, 2, {
    TRUST_PROXY: '127.0.0.1',
    PARLEY_DRAIN_SECONDS: '5',
    ...{ S3_ENDPOINT: s3.url, S3_ACCESS_KEY: s3.accessKey, S3_SECRET_KEY: s3.secretKey },
  })
  const proxy = await startProxy(t, cluster.nodes)
  const chatId = await createChat(proxy, ['ann', 'bob', 'cid'])

  t.test('WebSocket, REST and Socket.IO with its polling, in one chat', async (t) => {
    const ann = await sessionOf(t, proxy, 'ann')
    await joinChat(ann, chatId)
    // Its own choice: polling first, then an upgrade. And one that stays with polling.
    const bob = connectSocketIo(t, proxy, token('bob', 'Bob'))
    const cid = io(`${proxy.url}/chat`, {
      ...{ auth: { token: token('cid', 'Cid') }, forceNew: true, transports: ['polling'] },
    })
    t.teardown(() => cid.close())
    await Promise.all([bob.emitWithAck('join', { chatId }), cid.emitWithAck('join', { chatId })])
    const heard = [eventOf(bob, 'message'), eventOf(cid, 'message')]
    await say(ann, chatId, 'through the proxy')
    t.match(await Promise.all(heard), [{ content: 'through the proxy' }, { content: 'through the proxy' }])

    cid.emit('chat message', { chatId, content: 'by polling' })
    await messagePush(ann, 'by polling')
    await call(proxy, token('bob', 'Bob'), 'POST', `/chats/${chatId}/messages`, { content: 'by REST' })
    await messagePush(ann, 'by REST')
    t.equal(cid.io.engine.transport.name, 'polling', 'it has never left its node')
  })

  t.test('sessions are spread over the nodes', async (t) => {
    const users = Array.from({ length: 6 }, (_, n) => `user-${n}`)
    const many = await Promise.all(users.map((user) => sessionOf(t, proxy, user)))
    // HAProxy writes its line of a connection when that has ended.
    await Promise.all(many.map((one) => one.close()))
    const nodes = () =>
      new Set([...proxy.output().matchAll(/\/ws 101 .* sockets\/(\w+)/g)].map(([, name]) => name))
    await holds(() => nodes().size === 2, 'a connection of each node')
  })

  t.test('an upload as large as an attachment may be', async (t) => {
    const body = Buffer.alloc(25 * 1024 * 1024, 'plain text, and a lot of it. ')
    const answer = await postFiles({ node: proxy }, token('ann', 'Ann'), chatId, [{ name: 'big.txt', body }])
    t.equal(answer.status, 201)
  })

  t.test('tokens are in no line of its log', async (t) => {
    const secret = token('ann', 'Ann')
    const ann = await connectRaw(t, proxy, secret, 'query')
    await ann.next(({ type }) => type === 'hello')
    await ann.close()
    await call(proxy, secret, 'GET', '/chats?q=nothing')
    t.notMatch(proxy.output(), secret)
    t.notMatch(proxy.output(), /access_token|q=nothing/)
  })

  t.test('a node that is told to end gets nothing new, and its sessions go on at the other', async (t) => {
    const [first] = cluster.nodes
    // leastconn: of some sessions each node has its share.
    const many = await Promise.all(['x', 'y', 'z', 'w'].map((user) => sessionOf(t, proxy, user)))
    const sentAway = Promise.race(many.map(async (one) => (await one.closed).code))
    const ended = first?.stop('SIGTERM')
    await holds(async () => !(await isReady(first)), 'the first node drains')
    const during = await sessionOf(t, proxy, 'ann')
    t.equal(await sentAway, 4001, 'not cut off')
    t.equal(await ended, 0)

    await joinChat(during, chatId)
    await call(proxy, token('bob', 'Bob'), 'POST', `/chats/${chatId}/messages`, { content: 'on one node' })
    await messagePush(during, 'on one node')
    t.equal((await call(proxy, token('bob', 'Bob'), 'GET', '/readyz')).status, 200)
  })
})

async function isReady(node: { readonly url: string } | undefined): Promise<boolean> {
  const answer = await fetch(`${node?.url}/readyz`).catch(() => undefined)
  return answer?.status === 200
}

t.test('a node is told where clients come from, and not by the clients', { skip }, async (t) => {
  const cluster = await startCluster(t, 2, {
    TRUST_PROXY: '127.0.0.1',
    PARLEY_RATE_CONNECTS_PER_ADDRESS: '1',
  })
  const proxy = await startProxy(t, cluster.nodes)
  const from = async (localAddress: string, headers: Record<string, string> = {}) => {
    const socket = new WebSocket(proxy.wsUrl, {
      headers: { authorization: `Bearer ${token('ann', 'Ann')}`, ...headers },
      localAddress,
    })
    const [outcome] = await Promise.race([
      once(socket, 'message').then(() => ['taken']),
      once(socket, 'close').then(([code]) => [Number(code)]),
    ])
    socket.terminate()
    return outcome
  }
  // A burst of three on each of two nodes, which the proxy takes in turn.
  const outcomes: unknown[] = []
  for (let n = 0; n < 12; n++) outcomes.push(await from('127.0.0.2', { 'x-forwarded-for': `10.0.0.${n}` }))
  t.ok(outcomes.includes(4003), 'one address is held back, whatever it says of itself')
  t.equal(await from('127.0.0.3'), 'taken', 'another one is not')
})
