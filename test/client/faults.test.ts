import t, { type Test } from 'tap'
import WebSocket from 'ws'
import { createRelay, type Relay } from '../../bench/chaos/engines/relay.js'
import type { ConnectionState, OpenChat, Parley } from '../../client/src/index.js'
import { call, serviceToken, shortToken, TEST_SECRET } from '../helpers/clients.js'
import { startCluster } from '../helpers/cluster.js'
import { createPGliteFolder } from '../helpers/pglite.js'
import { type NodeProcess, startNode } from '../helpers/processes.js'
import { createPromise } from '../helpers/promise.js'
import { HastyWebSocket, isSettled, openParley, shown, when } from './parley.js'

/** What the client promises, through every fault of the chaos proxy and of the node: nothing lost, nothing twice, one order. */

const MESSAGES = 20

/** What the link does while messages are under way, until it is restored. */
const LINK_FAULTS: readonly (readonly [string, (link: Relay) => void])[] = [
  ['cut', (link) => link.cut()],
  ['forsaken', (link) => link.forsake()],
  ['stalled', (link) => link.set({ kind: 'stalled' })],
  ['mute', (link) => link.set({ kind: 'mute' })],
  ['slow', (link) => link.set({ kind: 'slow', delayMs: 300 })],
]

const node = await startNode(t, { JWT_SECRET: TEST_SECRET })

t.test('through every fault of the link', async (t) => {
  const through = async (name: string, fail: (link: Relay) => void): Promise<void> => {
    const link = await createRelay(node.wsPort)
    t.teardown(() => link.close())
    const wsUrl = `ws://127.0.0.1:${link.port}/ws`
    const ann = openParley(t, { ...node, wsUrl }, `ann-${name}`, { webSocket: HastyWebSocket })
    const bob = openParley(t, node, `bob-${name}`)
    const [annChat, bobChat] = await openBetween(ann, bob, `bob-${name}`)
    say(annChat, 'a', 0, MESSAGES / 2)
    fail(link)
    say(annChat, 'a', MESSAGES / 2, MESSAGES)
    say(bobChat, 'b', 0, MESSAGES)
    // Nobody tells the client that nothing passes: it finds out.
    if (name !== 'slow') await when(ann.connection, isNotOnline)
    link.restore()
    await checkBoth(t, annChat, bobChat, 2 * MESSAGES, name)
  }
  await Promise.all(LINK_FAULTS.map(([name, fail]) => through(name, fail)))
})

t.test('through a node that is killed, and comes back', async (t) => {
  const env = { JWT_SECRET: TEST_SECRET, DATA_DIR: await createPGliteFolder(t) }
  const node = await startNode(t, env)
  const [ann, bob] = [openParley(t, node, 'ann'), openParley(t, node, 'bob')]
  const [annChat, bobChat] = await openBetween(ann, bob, 'bob')
  say(annChat, 'a', 0, MESSAGES)
  say(bobChat, 'b', 0, MESSAGES)
  await when(annChat, ({ messages }) => messages.some(({ status }) => status === 'sent'))
  await node.kill9()
  say(annChat, 'a', MESSAGES, 2 * MESSAGES)
  await Promise.all([ann, bob].map(({ connection }) => when(connection, isNotOnline)))
  await startNode(t, { ...env, ...portsOf(node) })
  await checkBoth(t, annChat, bobChat, 3 * MESSAGES, 'killed')
})

t.test('a node that ends says so, and is left when it says', async (t) => {
  const { nodes } = await startCluster(t, 2, { PARLEY_DRAIN_SECONDS: '1' })
  const [first, second] = nodes
  if (!first || !second) throw new Error('no nodes')
  // What stands in front of the nodes: it leads new connections to the second when the first is told to end.
  let leadsTo = first.wsUrl
  class LedWebSocket extends WebSocket {
    constructor(_: string, protocols: string[]) {
      super(leadsTo, protocols)
    }
  }
  const states: string[] = []
  const ann = openParley(t, second, 'ann', { webSocket: LedWebSocket })
  ann.on((event) => {
    if (event.type === 'connection') states.push(event.status)
    if (event.type === 'goaway') leadsTo = second.wsUrl
  })
  const bob = openParley(t, second, 'bob')
  const [annChat, bobChat] = await openBetween(ann, bob, 'bob')
  say(annChat, 'a', 0, MESSAGES)
  say(bobChat, 'b', 0, MESSAGES)
  t.equal(await first.stop('SIGTERM'), 0)
  await checkBoth(t, annChat, bobChat, 2 * MESSAGES, 'ended')
  t.notOk(states.includes('offline'), 'it goes over by itself, and waits for nothing')
})

t.test('a token is renewed in-band, before it ends', async (t) => {
  const { promise: renewedTwice, resolve } = createPromise()
  let asked = 0
  const ann = openParley(t, node, 'ann', {
    token: async () => {
      asked += 1
      if (asked === 3) resolve()
      return shortToken('ann', 4_000)
    },
  })
  let hellos = 0
  ann.on(({ type }) => {
    if (type === 'hello') hellos += 1
  })
  // The first has ended by then.
  await renewedTwice
  const [annChat, bobChat] = await openBetween(ann, openParley(t, node, 'bob'), 'bob')
  say(bobChat, 'b', 0, 1)
  await checkBoth(t, annChat, bobChat, 1, 'renewed')
  t.equal(hellos, 1, 'one session has lived with them all')
})

t.test('what has to be mended first', async (t) => {
  const node = await startNode(t, { JWT_SECRET: TEST_SECRET, PARLEY_SESSIONS_PER_USER: '1' })

  let refused = 0
  const stranger = openParley(t, node, 'ann', {
    token: async () => {
      refused += 1
      return shortToken('ann', 60_000, { secret: 'not the secret that the node was started with' })
    },
  })
  const stopped = await when(stranger.connection, ({ status }) => status === 'stopped')
  t.strictSame(stopped, { status: 'stopped', code: 'unauthenticated' })
  t.equal(refused, 3, 'a fresh token is asked for, and not for ever')

  const once = openParley(t, node, 'carl')
  await when(once.connection, ({ status }) => status === 'online')
  const again = openParley(t, node, 'carl')
  t.strictSame(await when(once.connection, ({ status }) => status === 'stopped'), {
    status: 'stopped',
    code: 'too_many_sessions',
  })
  again.close()
  once.reconnect()
  await when(once.connection, ({ status }) => status === 'online')

  const foreign = once.chats.open('no-such-chat')
  t.equal((await when(foreign, ({ error }) => error !== null)).error?.code, 'not_a_member')
  // The server closes for it; the others go on, and it is not asked for again.
  const dora = openParley(t, node, 'dora')
  const [carlChat, doraChat] = await openBetween(once, dora, 'dora')
  say(doraChat, 'd', 0, 1)
  await checkBoth(t, carlChat, doraChat, 1, 'others')
  await call(node, serviceToken(), 'DELETE', `/chats/${carlChat.chatId}/members/carl`)
  t.equal((await when(carlChat, ({ error }) => error !== null)).error?.code, 'not_a_member', 'removed')
  say(doraChat, 'd', 1, 2)
  await call(node, serviceToken(), 'POST', `/chats/${carlChat.chatId}/members`, {
    members: [{ userId: 'carl' }],
  })
  await checkBoth(t, carlChat, doraChat, 2, 'added again')
})

const isNotOnline = ({ status }: ConnectionState) => status !== 'online'

function portsOf({ port, wsPort }: NodeProcess): Record<string, string> {
  return { PORT: String(port), WS_PORT: String(wsPort) }
}

async function openBetween(ann: Parley, bob: Parley, bobId: string): Promise<[OpenChat, OpenChat]> {
  const { id } = await ann.chats.create({ type: 'general', members: [{ userId: bobId }] })
  const [annChat, bobChat] = [ann.chats.open(id), bob.chats.open(id)]
  await Promise.all([annChat, bobChat].map((chat) => when(chat, ({ isLive }) => isLive)))
  return [annChat, bobChat]
}

function say(chat: OpenChat, name: string, from: number, to: number): void {
  for (let n = from; n < to; n += 1) chat.send(`${name}${n}`)
}

/** Both show the same `count` messages, each once; those of one person in the order in which they were said. */
async function checkBoth(t: Test, a: OpenChat, b: OpenChat, count: number, name: string): Promise<void> {
  await Promise.all([a, b].map((chat) => when(chat, isSettled(count))))
  t.strictSame(shown(a), shown(b), `${name}: both see the same`)
  t.strictSame(
    a.messages.map(({ seq }) => seq),
    Array.from({ length: count }, (_, index) => index + 1),
    `${name}: no hole, no repeat`,
  )
  for (const mine of [true, false]) {
    const said = a.messages
      .filter(({ isMine }) => isMine === mine)
      .map(({ content }) => Number(content.slice(1)))
    t.strictSame(
      said,
      said.toSorted((x, y) => x - y),
      `${name}: in the order in which it was said`,
    )
  }
}
