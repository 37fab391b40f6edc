import t from 'tap'
import {
  type ChatEvent,
  changeEvent,
  createEvents,
  decodeChatEvent,
  decodeTraceHint,
  messageEvent,
} from '../../src/chat/events.js'
import { decodeSignal } from '../../src/chat/signals.js'
import type { Bus } from '../../src/ports/bus.js'
import type { Change, Chat, Message } from '../../src/protocol/objects.js'

/** A bus that only remembers what was published. */
function recordingBus() {
  const published: { channel: string; payload: string }[] = []
  const bus: Bus = {
    up: true,
    publish: (channel, payload) => void published.push({ channel, payload }),
    subscribe: async () => {},
    unsubscribe: () => {},
    onMessage: () => {},
    onGap: () => {},
    close: async () => {},
  }
  return { bus, published }
}

/** The event as it travels. */
function encoded(event: ChatEvent): Buffer {
  const { bus, published } = recordingBus()
  createEvents(bus).publish(event)
  return Buffer.from(published[0]?.payload ?? '')
}

const message: Message = {
  id: '0190b5a0-0000-7000-8000-000000000000',
  chatId: 'c:1',
  seq: 3,
  rev: 9,
  kind: 'user',
  sender: { id: 'ann', fullName: 'Ann Lee' },
  content: 'Grüße: 👋 \u2028',
  attachments: [],
  clientId: null,
  createdAt: '2026-01-02T03:04:05.678Z',
  editedAt: null,
  deletedAt: null,
}

const chat: Chat = {
  id: 'c:1',
  type: 'general',
  orderId: null,
  subject: null,
  metadata: {},
  createdAt: '2026-01-02T03:04:05.678Z',
  closedAt: null,
  firstSeq: 1,
  lastSeq: 3,
  rev: 12,
  memberCount: 2,
}

const CHANGES: readonly (readonly [Change, boolean])[] = [
  [{ type: 'closed' }, false],
  [{ type: 'reopened' }, false],
  [{ type: 'member_added', userId: 'bob', fullName: 'Bob', role: 'member' }, true],
  [{ type: 'member_removed', userId: 'bob' }, true],
  [{ type: 'member_changed', userId: 'bob', role: 'seller' }, false],
]

t.test('a message comes back from the bus as it was sent', async (t) => {
  for (const rev of [undefined, 1, 7, 2 ** 45, 10 ** 14]) {
    const event = messageEvent(message, rev)
    t.equal(event.rev, rev ?? message.rev)
    const decoded = decodeChatEvent('c:1', encoded(event))
    t.strictSame({ ...decoded, frame: decoded?.frame.toString() }, event)
    t.strictSame(JSON.parse(String(decoded?.frame)), { type: 'message', rev: event.rev, message })
  }
})

t.test('a change of a message is the same object under another name', async (t) => {
  for (const type of ['message_edited', 'message_deleted'] as const) {
    const decoded = decodeChatEvent('c:1', encoded(messageEvent(message, 8, type)))
    t.match(decoded, { chatId: 'c:1', rev: 8, changesMembers: false })
    t.strictSame(JSON.parse(String(decoded?.frame)), { type, rev: 8, message })
  }
})

t.test('a change comes back, and says whether it is one of the members', async (t) => {
  for (const [change, changesMembers] of CHANGES) {
    const event = changeEvent(chat, 12, change)
    t.equal(event.changesMembers, changesMembers, change.type)
    const decoded = decodeChatEvent('c:1', encoded(event))
    t.strictSame({ ...decoded, frame: decoded?.frame.toString() }, event)
    t.strictSame(JSON.parse(String(decoded?.frame)), { type: 'chat_updated', rev: 12, chat, change })
  }
})

t.test('an event is delivered here at once, then told on its chat’s channel', async (t) => {
  const { bus, published } = recordingBus()
  const events = createEvents(bus)
  const order: string[] = []
  events.onCommitted((event) => order.push(`delivered ${event.rev}, published ${published.length}`))
  events.publish(messageEvent(message, 1))
  events.publish(messageEvent(message, 2))
  t.strictSame(order, ['delivered 1, published 0', 'delivered 2, published 1'])
  t.strictSame(
    published.map(({ channel }) => channel),
    ['parley:chat:c:1', 'parley:chat:c:1'],
  )
})

t.test('what is said of a trace goes before its event, and is no event', async (t) => {
  const { bus, published } = recordingBus()
  const traceparent = `00-${'0123456789abcdef'.repeat(2)}-0123456789abcdef-01`
  createEvents(bus).publish(messageEvent(message, 7), traceparent)
  const [hint, event] = published.map(({ payload }) => Buffer.from(payload))
  t.strictSame(hint && decodeTraceHint(hint), { rev: 7, traceparent })
  t.equal(hint && decodeChatEvent('c:1', hint), undefined)
  t.equal(hint && decodeSignal(hint), undefined, 'nodes that follow none pass over it')
  t.equal(event && decodeChatEvent('c:1', event)?.rev, 7)
  for (const other of ['', 'T', 'T7:', 'T:00-01', `T7:${'0'.repeat(65)}`, 'T7:<script>', `E7:${traceparent}`])
    t.equal(decodeTraceHint(Buffer.from(other)), undefined, other)
})

t.test('what no node has sent is no event', async (t) => {
  const garbage = [
    '',
    'E',
    'M',
    'E1',
    'E12345',
    'E:{}',
    'M:{}',
    'E0:{}',
    'E-1:{}',
    'E+1:{}',
    'E1.5:{}',
    'E1e3:{}',
    'E 1:{}',
    'Ex:{}',
    'e1:{}',
    'S{"type":"typing"}',
    '{"type":"message"}',
    '1:{}',
    `E${'9'.repeat(17)}:{}`,
    `E${'9'.repeat(400)}:{}`,
    `E${2 ** 60}:{}`,
  ]
  for (const payload of garbage)
    t.equal(decodeChatEvent('c', Buffer.from(payload)), undefined, payload.slice(0, 40))
  for (let first = 0; first < 256; first++) {
    if (first === 0x45 || first === 0x4d) continue
    const payload = Buffer.concat([Buffer.from([first]), Buffer.from('1:{}')])
    if (decodeChatEvent('c', payload) !== undefined) t.fail(`first byte ${first}`)
  }
})

t.test('a number is exact or none', async (t) => {
  for (let digits = 1; digits < 25; digits++) {
    const text = '1234567890'.repeat(3).slice(0, digits)
    const decoded = decodeChatEvent('c', Buffer.from(`E${text}:x`))
    if (decoded !== undefined) t.equal(String(decoded.rev), text)
    else t.ok(digits > 15, `${digits} digits`)
  }
})
