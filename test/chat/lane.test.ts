import t from 'tap'
import { createLane, LATER } from '../../src/chat/lane.js'
import { DatabaseUnavailable } from '../../src/ports/database.js'
import { ParleyError } from '../../src/protocol/errors.js'
import { until } from '../helpers/clients.js'

/** A flush under way: the items it was given, and how it ends. */
interface Flush {
  readonly items: readonly number[]
  readonly succeed: () => void
  readonly fail: (error: unknown) => void
}

/** A lane whose flushes end when the test says so; an item's result is its tenfold. */
function startLane({ batch = 100, queue = 100 } = {}) {
  const flushes: Flush[] = []
  const lane = createLane<number, number>({
    batch,
    queue,
    flush: (items) =>
      new Promise((resolve, reject) => {
        flushes.push({ items, succeed: () => resolve(items.map((item) => item * 10)), fail: reject })
      }),
  })
  return {
    lane,
    flushes,
    pushAll: (items: readonly number[]) => items.map((item) => outcome(lane.push(item))),
  }
}

/** What became of an item, never rejecting. */
async function outcome(pushed: Promise<number>): Promise<unknown> {
  return await pushed.catch((error: unknown) =>
    error instanceof Error && 'code' in error ? error.code : 'unexpected',
  )
}

function databaseError(code: string): Error {
  return Object.assign(new Error('the database took offence'), { code })
}

/** Until all promises that can go on have gone on. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

t.test('the first item is flushed at once, later ones gather while it is', async (t) => {
  const { lane, flushes, pushAll } = startLane()
  const first = lane.push(1)
  t.strictSame(
    flushes.map(({ items }) => items),
    [[1]],
    'within the call itself',
  )
  const later = pushAll([2, 3, 4])
  await settled()
  t.equal(flushes.length, 1, 'one flush at a time')
  flushes[0]?.succeed()
  t.equal(await first, 10)
  await settled()
  t.strictSame(flushes[1]?.items, [2, 3, 4])
  flushes[1]?.succeed()
  t.strictSame(await Promise.all(later), [20, 30, 40])
  t.equal(flushes.length, 2)
})

t.test('a lane that was idle flushes at once again', async (t) => {
  const { lane, flushes } = startLane()
  for (const item of [1, 2]) {
    const pushed = lane.push(item)
    t.strictSame(flushes.at(-1)?.items, [item])
    flushes.at(-1)?.succeed()
    t.equal(await pushed, item * 10)
    await settled()
  }
})

t.test('order is kept and no flush is larger than a batch', async (t) => {
  const { flushes, pushAll } = startLane({ batch: 3 })
  const items = Array.from({ length: 11 }, (_, index) => index)
  const results = pushAll(items)
  for (let index = 0; index < flushes.length; index++) {
    flushes[index]?.succeed()
    await settled()
  }
  t.strictSame(
    await Promise.all(results),
    items.map((item) => item * 10),
  )
  t.strictSame(
    flushes.map(({ items }) => items),
    [[0], [1, 2, 3], [4, 5, 6], [7, 8, 9], [10]],
  )
})

t.test('a full queue refuses, and takes again when there is room', async (t) => {
  const { lane, flushes, pushAll } = startLane({ queue: 2 })
  const accepted = pushAll([1, 2, 3])
  await t.rejects(lane.push(4), new ParleyError('overloaded'))
  await settled()
  t.strictSame(flushes[0]?.items, [1], 'what is under way does not wait')
  flushes[0]?.succeed()
  await settled()
  accepted.push(...pushAll([5, 6]))
  await t.rejects(lane.push(7), { code: 'overloaded' })
  flushes[1]?.succeed()
  await settled()
  flushes[2]?.succeed()
  t.strictSame(await Promise.all(accepted), [10, 20, 30, 50, 60])
})

for (const code of ['22P05', '23505'])
  t.test(`SQLSTATE ${code} of one item does not fail its neighbours`, async (t) => {
    const seen: (readonly number[])[] = []
    let blocked: (() => void) | undefined
    const lane = createLane<number, number>({
      batch: 100,
      queue: 100,
      flush: async (items) => {
        seen.push(items)
        if (items.includes(0)) await new Promise<void>((resolve) => (blocked = resolve))
        if (items.includes(2)) throw databaseError(code)
        return items.map((item) => item * 10)
      },
    })
    const results = [0, 1, 2, 3].map((item) => outcome(lane.push(item)))
    blocked?.()
    t.strictSame(await Promise.all(results), [0, 10, code, 30])
    t.strictSame(seen, [[0], [1, 2, 3], [1], [2], [3]])
  })

t.test('another error fails its group, whole and once, and the next group goes on', async (t) => {
  for (const error of [databaseError('40001'), databaseError('ECONNRESET'), databaseError('08006')]) {
    const { flushes, pushAll } = startLane({ batch: 2 })
    const results = pushAll([1, 2, 3, 4, 5])
    flushes[0]?.succeed()
    await settled()
    flushes[1]?.fail(error)
    await settled()
    flushes[2]?.succeed()
    const { code } = Object.assign({ code: '' }, error)
    t.strictSame(await Promise.all(results), [10, code, code, 40, 50])
    t.equal(flushes.length, 3, 'it is not tried again')
  }
})

t.test('while the database is away all fail that wait, and the next one tries again', async (t) => {
  const { lane, flushes, pushAll } = startLane({ batch: 2 })
  const results = pushAll([1, 2, 3, 4, 5])
  flushes[0]?.succeed()
  await settled()
  const drained = lane.drain()
  flushes[1]?.fail(new DatabaseUnavailable('no answer'))
  await drained
  t.strictSame(await Promise.all(results), [10, 'overloaded', 'overloaded', 'overloaded', 'overloaded'])
  t.equal(flushes.length, 2, 'of those that waited none was tried')
  const next = lane.push(6)
  flushes[2]?.succeed()
  t.equal(await next, 60)
})

t.test('a flush that throws at once is one that fails', async (t) => {
  const lane = createLane<number, number>({
    batch: 1,
    queue: 10,
    flush: (items) => {
      if (items.includes(1)) throw databaseError('XX000')
      return Promise.resolve(items)
    },
  })
  t.strictSame(await Promise.all([1, 2].map((item) => outcome(lane.push(item)))), ['XX000', 2])
})

t.test('an item without a result is an internal error', async (t) => {
  const lane = createLane<number, number>({ batch: 10, queue: 10, flush: async () => [] })
  await t.rejects(lane.push(1), { code: 'internal' })
})

t.test('drain waits for all that was pushed, however it ends', async (t) => {
  const { lane, flushes, pushAll } = startLane({ batch: 1 })
  await lane.drain()
  const results = pushAll([1, 2])
  let isDrained = false
  const drained = lane.drain().then(() => {
    isDrained = true
  })
  flushes[0]?.fail(databaseError('XX000'))
  await settled()
  t.notOk(isDrained, 'one is still on its way')
  flushes[1]?.fail(databaseError('XX000'))
  await drained
  t.strictSame(await Promise.all(results), ['XX000', 'XX000'])
})

t.test('drain ends although others go on pushing', async (t) => {
  const { lane, flushes, pushAll } = startLane({ batch: 1 })
  pushAll([1, 2])
  let isDrained = false
  const drained = lane.drain().then(() => {
    isDrained = true
  })
  for (let item = 3; item < 10; item++) {
    pushAll([item])
    flushes.at(-1)?.succeed()
    await settled()
  }
  t.ok(isDrained)
  for (let index = flushes.length - 1; index < flushes.length; index++) {
    flushes[index]?.succeed()
    await settled()
  }
  await drained
})

t.test('what comes again comes first, in its order, and a drain waits for it', async (t) => {
  const flushes: {
    readonly items: readonly number[]
    readonly settle: (later: readonly number[]) => void
  }[] = []
  const lane = createLane<number, number>({
    batch: 3,
    queue: 100,
    flush: (items) =>
      new Promise((resolve) => {
        flushes.push({
          items,
          settle: (later) => resolve(items.map((item) => (later.includes(item) ? LATER : item * 10))),
        })
      }),
  })
  const results = Promise.all([1, 2, 3, 4].map((item) => lane.push(item)))
  t.strictSame(flushes[0]?.items, [1])
  const drained = lane.drain().then(() => flushes.length)
  flushes[0]?.settle([1])
  await until(() => flushes.length === 2, 'the second flush')
  t.strictSame(flushes[1]?.items, [1, 2, 3])
  flushes[1]?.settle([1, 3])
  await until(() => flushes.length === 3, 'the third flush')
  t.strictSame(flushes[2]?.items, [1, 3, 4])
  flushes[2]?.settle([])
  t.strictSame(await results, [10, 20, 30, 40])
  t.equal(await drained, 3)
})
