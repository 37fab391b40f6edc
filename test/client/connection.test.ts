import t from 'tap'
import WebSocket from 'ws'
import { call, serviceToken, shortToken, TEST_SECRET, token } from '../helpers/clients.js'
import { startCluster } from '../helpers/cluster.js'
import { startNode } from '../helpers/processes.js'
import { createPromise } from '../helpers/promise.js'
import { checkBoth, openBetween, openParley, say, when } from './parley.js'

/** What a node says of the connection, and what the client makes of it. */

const MESSAGES = 20

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
  const node = await startNode(t, { JWT_SECRET: TEST_SECRET })
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

t.test('frames that come in one piece are taken one after the other', async (t) => {
  const node = await startNode(t, { JWT_SECRET: TEST_SECRET })
  const { promise: joined, resolve: tellJoined } = createPromise()
  // Hands over the answer to a join in one turn with the message that follows it, as a slow process may get them.
  class LumpingWebSocket extends WebSocket {
    #held: unknown[][] = []
    #isHolding = false

    override emit(name: string | symbol, ...args: unknown[]): boolean {
      if (name !== 'message') return super.emit(name, ...args)
      const frame = JSON.parse(String(args[0]))
      if (frame.type === 'reply' && frame.data.members) this.#isHolding = true
      if (frame.type === 'message') this.#isHolding = false
      this.#held.push(args)
      if (this.#isHolding) tellJoined()
      else for (const each of this.#held.splice(0)) super.emit(name, ...each)
      return true
    }
  }
  const ann = openParley(t, node, 'ann', { webSocket: LumpingWebSocket })
  const { id } = await ann.chats.create({ type: 'general', members: [{ userId: 'bob' }] })
  const chat = ann.chats.open(id)
  await joined
  await call(node, token('bob', 'Bob'), 'POST', `/chats/${id}/messages`, { content: 'Hello.' })
  await when(chat, ({ messages }) => messages.length === 1)
  t.equal(chat.state.isLive, true)
})
