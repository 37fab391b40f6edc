import t from 'tap'
import { createHeap } from '../../bench/capacity/simulate/heap.js'
import { simulateSkew, slotOf } from '../../bench/capacity/simulate/skew.js'
import { backoff, type StormOptions, simulateStorm } from '../../bench/capacity/simulate/storm.js'
import { createRandom } from '../../bench/chaos/random.js'

/** Costs so small that they are none. */
const FREE = { connectMs: 1e-9, resumeMs: 1e-9, postgresMs: 1e-9 }
const REAL = { connectMs: 0.4, resumeMs: 0.6, postgresMs: 0.3 }

const storm = (options: Partial<StormOptions>) =>
  simulateStorm({
    ...{ sessions: 2_000, nodes: 2, how: 'killed', costs: REAL, coreShare: 1, postgresCores: 8, seed: 1 },
    ...options,
  })

t.test('the same seed, the same storm', async (t) => {
  // As text: the test's own comparison takes seconds for as many numbers.
  const told = (seed: number) => JSON.stringify(storm({ seed }))
  t.equal(told(7), told(7))
  t.not(told(7), told(8))
})

t.test('without costs all are back within what the client waits', async (t) => {
  const free = { costs: FREE }
  t.ok(storm({ ...free }).backSeconds.all <= 0.5, 'the first delay')
  t.ok(storm({ ...free, how: 'vanished' }).backSeconds.all <= 28.5, 'a ping, its patience, the first delay')
  t.ok(storm({ ...free, how: 'drained' }).backSeconds.all <= 22)
  const down = storm({ ...free, downMs: 5_000 })
  t.ok(down.backSeconds.all <= 25, 'the longest delay behind the last attempt that failed')
  t.ok(down.refused > 0)
  t.equal(down.wasted, 0)
  for (const one of [down, storm(free)]) t.strictSame([one.away, one.back.length], [0, 2_000])
})

t.test('no faster than the work allows, and no node has a line without it', async (t) => {
  const { backSeconds, longestQueueSeconds } = storm({ nodes: 1 })
  t.ok(backSeconds.all >= 2, '2,000 of a millisecond each')
  t.ok(backSeconds.all < 2.6, 'and it is never idle')
  t.ok(longestQueueSeconds > 0 && longestQueueSeconds <= 2)
  t.ok(storm({ nodes: 1, coreShare: 0.5 }).backSeconds.all > 3.9, 'half of a core')
  t.ok(storm({ nodes: 4 }).backSeconds.all < backSeconds.all)
  const slowPostgres = storm({ nodes: 4, postgresCores: 0.1 })
  t.ok(slowPostgres.backSeconds.all >= 6, '2,000 × 0.3 ms with a tenth of a core')
})

t.test('a line longer than the clients’ patience is work done for nobody', async (t) => {
  const some = storm({ sessions: 600, nodes: 1, costs: { ...REAL, connectMs: 20 } })
  t.ok(some.wasted > 50, 'twelve seconds of work, for clients who wait ten')
  t.equal(some.away, 0, 'and the delays bring all of them home')
  const many = storm({ sessions: 3_000, nodes: 1, costs: { ...REAL, connectMs: 20 } })
  t.ok(many.away > 1_000, 'they come again faster than their node can greet them: it never catches up')
  t.equal(many.backSeconds.all, Number.POSITIVE_INFINITY)
})

t.test('the rate of an address bounds the return', async (t) => {
  const { backSeconds, refused } = storm({
    ...{ costs: FREE, sessions: 1_300, nodes: 1 },
    admission: { perSecond: 100, addresses: 1 },
  })
  t.ok(backSeconds.all >= 10, '300 at once, then a hundred a second')
  t.ok(refused > 0)
  const many = storm({ ...{ costs: FREE, sessions: 1_300 }, admission: { perSecond: 100, addresses: 1_300 } })
  t.equal(many.refused, 0)
})

t.test('the delay is below its bound, which doubles up to a most', async (t) => {
  const random = createRandom(3)
  for (const [attempt, most] of [
    [0, 500],
    [3, 4_000],
    [20, 20_000],
  ] as const) {
    const delays = Array.from({ length: 1_000 }, () => backoff(random, attempt))
    t.ok(delays.every((delay) => delay < most))
    t.ok(Math.max(...delays) > most * 0.98)
  }
})

t.test('the heap gives the earliest, and of two the one that came first', async (t) => {
  const random = createRandom(1)
  const heap = createHeap<number>()
  const times = Array.from({ length: 500 }, () => random.between(0, 50))
  for (const [index, time] of times.entries()) heap.add(time, index)
  const taken = times.map(() => heap.take())
  t.equal(heap.take(), undefined)
  t.equal(heap.size, 0)
  const expected = times
    .map((time, item) => ({ time, item }))
    .sort((a, b) => a.time - b.time || a.item - b.item)
  t.strictSame(taken, expected)
})

const skew = (options: Partial<Parameters<typeof simulateSkew>[0]>) =>
  simulateSkew({
    ...{ chats: 20_000, bigShare: 0, bigMembers: 1_000, messages: 10_000, exponent: 0.9, perMember: 20 },
    ...{ nodes: 8, shards: 8, seed: 1, ...options },
  })

t.test('uneven chats make uneven shards', async (t) => {
  t.strictSame(skew({}), skew({}))
  t.equal(skew({ shards: 1, nodes: 1 }).hottestShard, 1)
  const even = skew({ exponent: 0 })
  t.ok(even.hottestShard < 1.1 && even.hottestNode < 1.1)
  t.ok(skew({}).hottestShard > even.hottestShard)
  t.ok(skew({ shards: 64 }).hottestShard > skew({}).hottestShard)
  t.ok(
    skew({ shards: 20_000, exponent: 0, chats: 1_000 }).hottestShard >= 20,
    'more shards than chats: most of them idle',
  )
  t.ok(skew({ exponent: 1.2 }).liveliest <= 40 / 10_000 + 1e-9, 'two say forty a second and no more')
  t.ok(
    skew({ bigShare: 0.002 }).hottestNode < skew({}).hottestNode * 1.05,
    'a chat of a thousand is on all nodes',
  )
})

t.test('slots are those of Redis Cluster', async (t) => {
  // The check value of CRC16/XMODEM is 0x31C3.
  t.equal(slotOf('123456789'), 0x31c3)
  t.equal(slotOf(''), 0)
  const slots = Array.from({ length: 5_000 }, (_, index) => slotOf(`parley:chat:${index}`))
  t.ok(slots.every((slot) => slot >= 0 && slot < 16_384))
  t.ok(new Set(slots).size > 4_000)
})
