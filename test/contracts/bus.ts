import type { Test } from 'tap'
import type { Bus } from '../../src/ports/bus.js'

export interface Delivery {
  readonly channel: string
  readonly payload: string
}

/** What a bus has delivered, in order, and a way to wait for it. */
export interface Inbox {
  readonly deliveries: readonly Delivery[]
  /** Resolves when `channel` has been given this payload, also when that was before. */
  received(channel: string, payload: string): Promise<void>
  /** The payloads of one channel. */
  on(channel: string): string[]
}

/** Becomes the bus' one listener. */
export function listen(bus: Bus): Inbox {
  const deliveries: Delivery[] = []
  const seen = new Set<string>()
  const waiting = new Map<string, () => void>()
  bus.onMessage((channel, bytes) => {
    const payload = bytes.toString()
    deliveries.push({ channel, payload })
    const key = `${channel}\n${payload}`
    seen.add(key)
    waiting.get(key)?.()
  })
  return {
    deliveries,
    on: (channel) => deliveries.filter((one) => one.channel === channel).map(({ payload }) => payload),
    async received(channel, payload) {
      const key = `${channel}\n${payload}`
      if (!seen.has(key)) await new Promise<void>((resolve) => waiting.set(key, resolve))
    },
  }
}

/** The facts of src/ports/bus.ts, for every adapter. `createBus` answers one that is up. */
export function busContract(t: Test, createBus: (t: Test) => Promise<Bus>): void {
  async function start(t: Test): Promise<{ bus: Bus; inbox: Inbox }> {
    const bus = await createBus(t)
    t.teardown(async () => await bus.close())
    return { bus, inbox: listen(bus) }
  }

  t.test('a subscribed channel delivers, to the publishing node too', async (t) => {
    const { bus, inbox } = await start(t)
    t.equal(bus.up, true)
    await bus.subscribe('chat:1')
    bus.publish('chat:1', 'hello')
    t.same(inbox.deliveries, [], 'not within publish itself')
    await inbox.received('chat:1', 'hello')
    t.same(inbox.deliveries, [{ channel: 'chat:1', payload: 'hello' }])
  })

  t.test('what is published to a channel arrives in that order', async (t) => {
    const { bus, inbox } = await start(t)
    await Promise.all([bus.subscribe('chat:1'), bus.subscribe('chat:2')])
    const sent = Array.from({ length: 2_000 }, (_, n) => String(n))
    for (const payload of sent) for (const channel of ['chat:1', 'chat:2']) bus.publish(channel, payload)
    await Promise.all([inbox.received('chat:1', '1999'), inbox.received('chat:2', '1999')])
    t.same(inbox.on('chat:1'), sent)
    t.same(inbox.on('chat:2'), sent)
  })

  t.test('a burst is delivered whole, and in its order, however large', async (t) => {
    const { bus, inbox } = await start(t)
    await bus.subscribe('chat:1')
    const sent = Array.from({ length: 100_000 }, (_, n) => String(n))
    for (const payload of sent) bus.publish('chat:1', payload)
    await inbox.received('chat:1', '99999')
    t.equal(String(inbox.on('chat:1')), String(sent))
  })

  t.test('a channel that was never subscribed, or is no more, delivers nothing', async (t) => {
    const { bus, inbox } = await start(t)
    await Promise.all([bus.subscribe('left'), bus.subscribe('kept')])
    bus.unsubscribe('left')
    bus.unsubscribe('never')
    // Asked for later than the end of `left`: when it stands, that has taken effect.
    await bus.subscribe('later')
    for (const channel of ['left', 'never', 'kept', 'later']) bus.publish(channel, 'hello')
    await Promise.all([inbox.received('kept', 'hello'), inbox.received('later', 'hello')])
    t.same(new Set(inbox.deliveries.map(({ channel }) => channel)), new Set(['kept', 'later']))
  })

  t.test('subscribing twice delivers once, and one end ends it', async (t) => {
    const { bus, inbox } = await start(t)
    await Promise.all([bus.subscribe('chat:1'), bus.subscribe('chat:1')])
    await bus.subscribe('chat:1')
    await bus.subscribe('mark')
    bus.publish('chat:1', 'first')
    bus.publish('mark', 'first')
    await Promise.all([inbox.received('mark', 'first'), inbox.received('chat:1', 'first')])
    bus.unsubscribe('chat:1')
    await bus.subscribe('second mark')
    bus.publish('chat:1', 'second')
    bus.publish('second mark', 'second')
    await inbox.received('second mark', 'second')
    t.same(inbox.on('chat:1'), ['first'])
  })

  t.test('the last word counts: subscribe and unsubscribe in one turn', async (t) => {
    const { bus, inbox } = await start(t)
    await bus.subscribe('on')
    bus.unsubscribe('on')
    const on = bus.subscribe('on')
    const off = bus.subscribe('off')
    bus.unsubscribe('off')
    await Promise.all([on, off])
    await bus.subscribe('mark')
    for (const channel of ['off', 'on', 'mark']) bus.publish(channel, 'hello')
    await Promise.all([inbox.received('on', 'hello'), inbox.received('mark', 'hello')])
    t.same(inbox.on('off'), [])
  })

  t.test('a payload arrives byte for byte', async (t) => {
    const { bus } = await start(t)
    const payloads = [
      '',
      '{"a":"ż🐢\\u0000 \u2028 \u{10ffff}"}',
      '\0\r\n$5\r\n',
      `${'ü🐢x'.repeat(9_000)}end`,
    ]
    const received: Buffer[] = []
    await bus.subscribe('bytes')
    const all = new Promise<void>((resolve) => {
      bus.onMessage((_, payload) => {
        received.push(payload)
        if (received.length === payloads.length) resolve()
      })
    })
    for (const payload of payloads) bus.publish('bytes', payload)
    await all
    t.ok(Math.max(...payloads.map((payload) => Buffer.byteLength(payload))) > 60_000)
    // Compared at the end: a payload is the listener's to keep, whatever came after it.
    t.strictSame(
      received.map((payload) => payload.toString('hex')),
      payloads.map((payload) => Buffer.from(payload).toString('hex')),
    )
  })

  t.test('channel names are any text', async (t) => {
    const { bus, inbox } = await start(t)
    const names = ['chat:żółw 🐢', 'chat:a*', 'chat:[ab]?', 'chat:{x}\r\n', 'chat:"quoted"\\']
    await Promise.all(names.map((name) => bus.subscribe(name)))
    for (const name of names) bus.publish(name, name)
    await Promise.all(names.map((name) => inbox.received(name, name)))
    t.equal(inbox.deliveries.length, names.length)
  })

  t.test('a closed bus delivers nothing and takes no offence', async (t) => {
    const bus = await createBus(t)
    const inbox = listen(bus)
    await bus.subscribe('chat:1')
    await bus.close()
    bus.publish('chat:1', 'too late')
    bus.unsubscribe('chat:1')
    await bus.subscribe('chat:2')
    await bus.close()
    t.same(inbox.deliveries, [])
  })
}

export interface Gaps {
  /** How often the bus has told of a gap. */
  gaps(): number
  /** Resolves with the next one. */
  nextGap(): Promise<void>
}

export function countGaps(bus: Bus): Gaps {
  let gaps = 0
  let waiting: (() => void)[] = []
  bus.onGap(() => {
    gaps += 1
    for (const resolve of waiting) resolve()
    waiting = []
  })
  return {
    gaps: () => gaps,
    nextGap: () => new Promise((resolve) => waiting.push(resolve)),
  }
}
