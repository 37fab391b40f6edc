import t from 'tap'
import { createRelay } from '../../bench/chaos/engines/relay.js'
import { TEST_SECRET } from '../helpers/clients.js'
import { startNode } from '../helpers/processes.js'
import { createMemoryStore, isSettled, openParley, shown, when } from './parley.js'

t.test('what was said survives a reload, and becomes one message', async (t) => {
  const node = await startNode(t, { JWT_SECRET: TEST_SECRET })
  const bob = openParley(t, node, 'bob')
  const { id } = await openParley(t, node, 'ann').chats.create({
    type: 'general',
    members: [{ userId: 'bob' }],
  })
  const bobChat = bob.chats.open(id)
  const outboxStore = createMemoryStore()
  const user = { id: 'ann', fullName: 'Ann' }

  // The answers are lost: what was committed is still in the outbox when the page is left.
  const link = await createRelay(node.wsPort)
  t.teardown(() => link.close())
  const through = { ...node, wsUrl: `ws://127.0.0.1:${link.port}/ws` }
  const before = openParley(t, through, 'ann', { outboxStore, user })
  const left = before.chats.open(id)
  await when(left, ({ isLive }) => isLive)
  link.set({ kind: 'mute' })
  const said = Array.from({ length: 5 }, (_, n) => left.send(`m${n}`))
  t.ok(said.every(({ status, id }) => status === 'sending' && id === null))
  await when(bobChat, ({ messages }) => messages.length === 1)
  before.close()
  t.equal(outboxStore.entries.size, 5)

  // Another person at the same browser sends nothing of it.
  const carl = openParley(t, node, 'carl', { outboxStore })
  await when(carl.connection, ({ status }) => status === 'online')
  t.equal(outboxStore.entries.size, 5)

  // Without a network first: it is there all the same, in its order.
  link.cut()
  const after = openParley(t, through, 'ann', { outboxStore, user })
  const chat = after.chats.open(id)
  const offline = await when(chat, ({ messages }) => messages.length === 5)
  t.strictSame(
    offline.messages.map(({ key, content, status }) => [key, content, status]),
    said.map(({ key, content }) => [key, content, 'sending']),
  )
  chat.send('m5')
  link.restore()
  await Promise.all([chat, bobChat].map((chat) => when(chat, isSettled(6))))
  t.strictSame(shown(chat), shown(bobChat))
  t.strictSame(
    chat.messages.map(({ content }) => content),
    ['m0', 'm1', 'm2', 'm3', 'm4', 'm5'],
  )
  t.strictSame(
    chat.messages.slice(0, 5).map(({ key }) => key),
    said.map(({ key }) => key),
    'a message keeps its key from the moment it was said',
  )
  await when(after.connection, () => outboxStore.entries.size === 0)
})

t.test('what is refused for good says why, and can be sent again or discarded', async (t) => {
  const node = await startNode(t, { JWT_SECRET: TEST_SECRET, PARLEY_RATE_MESSAGES: '5' })
  const ann = openParley(t, node, 'ann')
  const { id } = await ann.chats.create({ type: 'general', members: [{ userId: 'bob' }] })
  const chat = ann.chats.open(id)
  chat.send('')
  chat.send('x'.repeat(10_000))
  chat.send('well')
  const state = await when(chat, ({ messages }) => messages.every(({ status }) => status !== 'sending'))
  t.strictSame(
    state.messages.map(({ status, error }) => [status, error?.code]),
    [
      ['sent', undefined],
      ['failed', 'bad_request'],
      ['failed', 'too_large'],
    ],
    'committed ones first, and those after a refused one are not held up',
  )
  const [, empty, large] = state.messages
  chat.discard(empty?.key ?? '')
  chat.retry(large?.key ?? '')
  t.strictSame(
    chat.messages.map(({ status }) => status),
    ['sent', 'sending'],
  )
  await when(chat, ({ messages }) => messages[1]?.status === 'failed')

  // Over its rate a user is refused for a while: all arrive, in their order.
  for (let n = 0; n < 30; n += 1) chat.send(`m${n}`)
  const all = await when(
    chat,
    ({ messages }) => messages.filter(({ status }) => status === 'sent').length === 31,
  )
  t.strictSame(
    all.messages.slice(1, 31).map(({ content }) => content),
    Array.from({ length: 30 }, (_, n) => `m${n}`),
  )
})

t.test('the outbox has a bound', async (t) => {
  const nowhere = { url: 'http://127.0.0.1:1', wsUrl: 'ws://127.0.0.1:1/ws' }
  const chat = openParley(t, nowhere, 'ann').chats.open('some-chat')
  for (let n = 0; n < 1_000; n += 1) chat.send(`m${n}`)
  t.throws(() => chat.send('one more'), { code: 'outbox_full', temporary: false })
  t.equal(chat.messages.length, 1_000)
})
