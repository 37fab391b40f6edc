import t from 'tap'
import { createInProcessBus } from '../../src/adapters/bus-in-process.js'
import { chatChannel } from '../../src/chat/channels.js'
import { decodeSignal, publishSignal, type Signal } from '../../src/chat/signals.js'

const SIGNALS: readonly Signal[] = [
  { type: 'typing', userId: 'ann', active: true },
  { type: 'typing', userId: 'ann', active: false },
  { type: 'read', userId: 'Grüße 👋', seq: 7 },
  { type: 'joined', nodeId: 'n1', userId: 'ann', fullName: 'Ann "Lee"', isQuiet: false },
  { type: 'left', nodeId: 'n1', userId: 'ann' },
  { type: 'here', nodeId: 'n1', userIds: ['ann', 'bob'] },
  { type: 'here', nodeId: 'n1', userIds: [] },
]

/** The signal as it comes over the bus. */
async function travelled(signal: Signal): Promise<Buffer> {
  const bus = createInProcessBus()
  const received = new Promise<Buffer>((resolve) => bus.onMessage((_channel, payload) => resolve(payload)))
  await bus.subscribe(chatChannel('c'))
  publishSignal(bus, 'c', signal)
  return await received
}

for (const signal of SIGNALS)
  t.test(`${JSON.stringify(signal)} comes back as it was sent`, async (t) => {
    t.strictSame(decodeSignal(await travelled(signal)), signal)
  })

t.test('a truncated signal is none', async (t) => {
  for (const signal of SIGNALS) {
    const payload = await travelled(signal)
    for (let length = 0; length < payload.length; length++)
      if (decodeSignal(payload.subarray(0, length)) !== undefined) t.fail(`${length} bytes of ${payload}`)
  }
})

t.test('what no node has sent is no signal', async (t) => {
  const garbage = [
    '',
    'S',
    'Snull',
    'S[]',
    'S{}',
    'S{"type":"fly"}',
    'S{"type":"typing","userId":"a"}',
    'S{"type":"typing","userId":5,"active":true}',
    'S{"type":"read","userId":"a","seq":"7"}',
    'S{"type":"here","nodeId":"n","userIds":"ann"}',
    's{"type":"left","nodeId":"n","userId":"a"}',
    'E1:{"type":"left","nodeId":"n","userId":"a"}',
    '{"type":"left","nodeId":"n","userId":"a"}',
    `S${'['.repeat(100_000)}`,
  ]
  for (const payload of garbage) t.equal(decodeSignal(Buffer.from(payload)), undefined, payload.slice(0, 40))
  t.equal(decodeSignal(Buffer.from([0x53, 0xff, 0xfe])), undefined)
})
