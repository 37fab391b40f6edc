import { mock } from 'node:test'
import t, { type Test } from 'tap'
import type { Bus } from '../../src/ports/bus.js'
import { createSubscriptions } from '../../src/sessions/subscriptions.js'

const LINGER_MS = 5000
const TICK_MS = 1000

/** Subscriptions on a bus that only remembers what it was asked; time stands still but for `tick`. */
function setUp(t: Test) {
  mock.timers.enable({ apis: ['setInterval', 'Date'] })
  const asked: string[] = []
  const resolvers: (() => void)[] = []
  const bus: Bus = {
    up: true,
    publish: () => {},
    subscribe: (channel) => {
      asked.push(`+${channel}`)
      return new Promise((resolve) => resolvers.push(resolve))
    },
    unsubscribe: (channel) => void asked.push(`-${channel}`),
    onMessage: () => {},
    onGap: () => {},
    close: async () => {},
  }
  const subscriptions = createSubscriptions(bus)
  t.teardown(() => {
    subscriptions.close()
    mock.timers.reset()
  })
  /** In steps: a jump of a mocked clock shows every call of an interval the same, last time. */
  const tick = (ms: number) => {
    for (let passed = 0; passed < ms; passed += TICK_MS) mock.timers.tick(TICK_MS)
  }
  return { subscriptions, asked, resolvers, tick }
}

t.test('the first user of a channel subscribes it, and all wait for that', async (t) => {
  const { subscriptions, asked, resolvers } = setUp(t)
  const ready: string[] = []
  const both = ['first', 'second'].map((name) => subscriptions.acquire('a').then(() => ready.push(name)))
  void subscriptions.acquire('b')
  t.strictSame(asked, ['+a', '+b'])
  await new Promise((resolve) => setImmediate(resolve))
  t.strictSame(ready, [], 'it does not stand yet')
  resolvers[0]?.()
  await Promise.all(both)
  await subscriptions.acquire('a')
  t.strictSame(asked, ['+a', '+b'])
})

t.test('the last user frees a channel, after a pause', async (t) => {
  const { subscriptions, asked, tick } = setUp(t)
  void subscriptions.acquire('a')
  void subscriptions.acquire('a')
  subscriptions.release('a')
  tick(LINGER_MS * 2)
  t.strictSame(asked, ['+a'], 'one user is left')
  subscriptions.release('a')
  tick(LINGER_MS - TICK_MS)
  t.strictSame(asked, ['+a'], 'not at once')
  tick(TICK_MS)
  t.strictSame(asked, ['+a', '-a'])
  tick(LINGER_MS * 2)
  t.strictSame(asked, ['+a', '-a'], 'once')
  void subscriptions.acquire('a')
  t.strictSame(asked, ['+a', '-a', '+a'], 'and it can be had again')
})

t.test('a user within the pause keeps the channel, and the pause begins anew', async (t) => {
  const { subscriptions, asked, tick } = setUp(t)
  void subscriptions.acquire('a')
  subscriptions.release('a')
  tick(LINGER_MS - TICK_MS)
  void subscriptions.acquire('a')
  tick(LINGER_MS * 2)
  subscriptions.release('a')
  tick(LINGER_MS - TICK_MS)
  t.strictSame(asked, ['+a'])
  tick(TICK_MS)
  t.strictSame(asked, ['+a', '-a'])
})

t.test('each channel has its own pause', async (t) => {
  const { subscriptions, asked, tick } = setUp(t)
  for (const channel of ['a', 'b', 'c']) void subscriptions.acquire(channel)
  asked.length = 0
  for (const channel of ['a', 'b', 'c']) {
    subscriptions.release(channel)
    tick(TICK_MS)
  }
  // The oldest is used and left again: it is the youngest now.
  void subscriptions.acquire('a')
  subscriptions.release('a')
  tick(LINGER_MS - 2 * TICK_MS)
  t.strictSame(asked, ['-b'])
  tick(TICK_MS)
  t.strictSame(asked, ['-b', '-c'])
  tick(TICK_MS)
  t.strictSame(asked, ['-b', '-c', '-a'])
})

t.test('closed, it frees nothing more: the bus goes as a whole', async (t) => {
  const { subscriptions, asked, tick } = setUp(t)
  void subscriptions.acquire('a')
  subscriptions.release('a')
  subscriptions.close()
  tick(LINGER_MS * 2)
  t.strictSame(asked, ['+a'])
})
