import t from 'tap'
import { createRelay, type Relay } from '../../bench/chaos/engines/relay.js'
import { TEST_SECRET } from '../helpers/clients.js'
import { createPGliteFolder } from '../helpers/pglite.js'
import { type NodeProcess, startNode } from '../helpers/processes.js'
import { checkBoth, HastyWebSocket, isNotOnline, openBetween, openParley, say, when } from './parley.js'

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

function portsOf({ port, wsPort }: NodeProcess): Record<string, string> {
  return { PORT: String(port), WS_PORT: String(wsPort) }
}
