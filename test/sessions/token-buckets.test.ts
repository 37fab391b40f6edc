import t, { type Test } from 'tap'
import { ParleyError } from '../../src/protocol/errors.js'
import { BUCKETS_MOST, createTokenBuckets, type TokenBuckets } from '../../src/sessions/token-buckets.js'

/** Takes one; undefined when it was there, else when the next one will be. */
function take(buckets: TokenBuckets, key = 'ann'): number | undefined {
  try {
    buckets.take(key)
    return undefined
  } catch (error) {
    if (error instanceof ParleyError && error.code === 'rate_limited') return error.retryAfterMs
    throw error
  }
}

/** How many are there now. */
function takeAll(buckets: TokenBuckets, key = 'ann'): number {
  let taken = 0
  while (take(buckets, key) === undefined) taken += 1
  return taken
}

/** Buckets whose time the test lets pass. */
function bucketsAt(perSecond: number) {
  const clock = { now: 1_000_000 }
  return { buckets: createTokenBuckets(perSecond, () => clock.now), clock }
}

const RATES = [1, 3, 7, 20, 999, 12_345]

function forEachRate(t: Test, test: (t: Test, perSecond: number) => void): void {
  for (const perSecond of RATES) t.test(`${perSecond} a second`, async (t) => test(t, perSecond))
}

t.test('three seconds of it at once, then one after the other', async (t) => {
  forEachRate(t, (t, perSecond) => {
    const { buckets, clock } = bucketsAt(perSecond)
    t.equal(takeAll(buckets), 3 * perSecond)
    clock.now += 10_000
    t.equal(takeAll(buckets), 3 * perSecond, 'not more for a longer silence')
    clock.now += 1000
    t.equal(takeAll(buckets), perSecond)
    clock.now += 500
    t.equal(takeAll(buckets), Math.floor(perSecond / 2))
  })
})

t.test('who is refused is told when the next one is there: then, and not before', async (t) => {
  forEachRate(t, (t, perSecond) => {
    const { buckets, clock } = bucketsAt(perSecond)
    takeAll(buckets)
    const wait = take(buckets) ?? 0
    t.ok(Number.isInteger(wait) && wait > 0, `${wait} ms`)
    clock.now += wait - 1
    t.type(take(buckets), 'number')
    clock.now += 1
    t.equal(take(buckets), undefined)
  })
})

t.test('to be refused costs nothing', async (t) => {
  const { buckets, clock } = bucketsAt(10)
  takeAll(buckets)
  for (let n = 0; n < 1000; n++) take(buckets)
  clock.now += 100
  t.equal(take(buckets), undefined)
})

t.test('each key has a bucket of its own', async (t) => {
  const { buckets } = bucketsAt(5)
  t.equal(takeAll(buckets, 'ann'), 15)
  t.equal(takeAll(buckets, 'bob'), 15)
})

t.test('0 is no limit, and keeps nothing', async (t) => {
  const { buckets } = bucketsAt(0)
  for (let n = 0; n < 10_000; n++) buckets.take('ann')
  t.equal(buckets.size, 0)
})

t.test('a bucket that has been quiet is forgotten, and none before it is full', async (t) => {
  const { buckets, clock } = bucketsAt(5)
  for (let n = 0; n < 1000; n++) buckets.take(`early-${n}`)
  for (let n = 0; n < 40; n++) {
    clock.now += 200
    buckets.take('ann')
  }
  t.ok(buckets.size <= 2, 'one, in each generation')

  takeAll(buckets, 'quiet')
  for (let n = 0; n < 29; n++) {
    clock.now += 100
    take(buckets, 'ann')
  }
  t.equal(takeAll(buckets, 'quiet'), 14, 'what it has gained, and no more')

  // The same without ever forgetting.
  const fullAt = new Map<string, number>()
  const isThere = (key: string) => {
    const full = Math.max(clock.now * 5, fullAt.get(key) ?? 0) + 1000
    if (full > clock.now * 5 + 15_000) return false
    fullAt.set(key, full)
    return true
  }
  const outcomes = { taken: 0, refused: 0, wrong: 0 }
  for (let n = 0; n < 20_000; n++) {
    clock.now += n % 500 === 0 ? (n % 7) * 1000 : (n * 7919) % 13
    const key = `user-${(n * 104_729) % 17}`
    const isTaken = take(buckets, key) === undefined
    outcomes[isTaken ? 'taken' : 'refused'] += 1
    if (isTaken !== isThere(key)) outcomes.wrong += 1
  }
  t.equal(outcomes.wrong, 0)
  t.ok(outcomes.taken > 1000 && outcomes.refused > 1000, JSON.stringify(outcomes))
})

t.test('no flood of keys makes it larger than its bound', async (t) => {
  const { buckets } = bucketsAt(1)
  let largest = 0
  for (let n = 0; n < BUCKETS_MOST + 5000; n++) {
    buckets.take(`address-${n}`)
    largest = Math.max(largest, buckets.size)
  }
  t.equal(largest, BUCKETS_MOST)
  t.equal(takeAll(buckets, `address-${BUCKETS_MOST + 4999}`), 2, 'the latest are kept')
})
