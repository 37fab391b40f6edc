import { mock } from 'node:test'
import t, { type Test } from 'tap'
import type { ChatEvent } from '../../src/chat/events.js'
import type { HoleSource } from '../../src/ports/figures.js'
import { ChatStream } from '../../src/sessions/chat-stream.js'

const HOLE_MS = 100
const RETRY_MS = 500

function event(rev: number): ChatEvent {
  return { chatId: 'c', rev, frame: `frame ${rev}`, changesMembers: false }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index)
}

/** Long lists are compared without a diff of thousands of lines. */
function isRange(revs: readonly number[], first: number, last: number): boolean {
  return String(revs) === String(range(first, last))
}

/** Until all promises that can go on have gone on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Postgres, as a stream sees it: the events committed so far, a few at a time. */
class Log {
  committed = 0
  reads = 0
  /** Reads that fail before one works. */
  failures = 0
  readonly #most: number
  readonly #wait: () => Promise<void>

  constructor(most = Number.POSITIVE_INFINITY, wait = async (): Promise<void> => {}) {
    this.#most = most
    this.#wait = wait
  }

  readonly read = async (afterRev: number): Promise<ChatEvent[]> => {
    this.reads += 1
    // The snapshot is older than the answer.
    const { committed } = this
    await this.#wait()
    if (this.failures > 0) {
      this.failures -= 1
      throw new Error('Postgres is away')
    }
    return range(afterRev + 1, Math.min(committed, afterRev + this.#most)).map(event)
  }
}

/** A stream on a log, and what it has delivered. */
function createStream(log: Log) {
  const delivered: number[] = []
  const errors: unknown[] = []
  const filled: HoleSource[] = []
  const waiters: { rev: number; resolve: () => void }[] = []
  const stream = new ChatStream('c1', {
    deliver: (_chatId, { rev, frame }) => {
      if (frame !== `frame ${rev}`) throw new Error(`${frame} delivered as ${rev}`)
      delivered.push(rev)
      for (const { resolve } of waiters.filter((waiter) => waiter.rev <= rev)) resolve()
    },
    read: (_chatId, afterRev) => log.read(afterRev),
    onFilled: (source) => filled.push(source),
    onError: (_chatId, error) => errors.push(error),
  })
  return {
    stream,
    delivered,
    errors,
    filled,
    until: (rev: number) =>
      new Promise<void>((resolve) => {
        if ((delivered.at(-1) ?? 0) >= rev) resolve()
        else waiters.push({ rev, resolve })
      }),
  }
}

/** Time stands still but for `tick`. */
function stopTime(t: Test): (ms: number) => Promise<void> {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  return async (ms) => {
    mock.timers.tick(ms)
    await settled()
  }
}

/** The same numbers for the same seed (mulberry32). */
function createRandom(seed: number) {
  let state = seed
  const unit = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const upTo = (most: number): number => Math.floor(unit() * (most + 1))
  return {
    upTo,
    chance: (probability: number): boolean => unit() < probability,
    /** Moves each element by up to `distance` places. */
    shuffled: <T>(list: readonly T[], distance: number): T[] =>
      list
        .map((element, index) => ({ element, place: index + upTo(distance) }))
        .sort((a, b) => a.place - b.place)
        .map(({ element }) => element),
  }
}

/** One chat whose bus loses, repeats and mixes up events; whose reads are short, late and fail. */
async function runChaos(seed: number, { showsLast }: { showsLast: boolean }) {
  const random = createRandom(seed)
  const last = 1 + random.upTo(60)
  const first = random.upTo(last)
  const loss = random.upTo(9) / 10
  const turns = async (most: number) => {
    for (let turn = random.upTo(most); turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve))
  }
  const log = new Log(1 + random.upTo(random.chance(0.5) ? 3 : 100), () => turns(3))
  const { stream, delivered, until } = createStream(log)

  const copies = range(1, last).flatMap((rev) =>
    random.chance(loss) ? [] : Array(1 + random.upTo(2)).fill(rev),
  )
  const arrivals: number[] = random.shuffled(copies, random.chance(0.3) ? 1000 : random.upTo(5))
  if (random.chance(0.3)) arrivals.splice(random.upTo(arrivals.length), 0, last + 100 + random.upTo(10 ** 9))
  const startAt = random.upTo(arrivals.length)
  log.committed = first

  for (const [index, rev] of arrivals.entries()) {
    if (index === startAt) stream.start(first)
    if (rev <= last) log.committed = Math.max(log.committed, rev)
    stream.receive(event(rev))
    if (random.chance(0.3)) await turns(4)
  }
  stream.start(first)
  log.committed = last
  if (showsLast) stream.receive(event(last))
  else await stream.catchUp(last)
  if (first < last) await until(last)
  return { seed, delivered, expected: range(first + 1, last), stream }
}

async function checkChaos(t: Test, how: { showsLast: boolean }): Promise<void> {
  const base = Math.floor(Math.random() * 2 ** 31)
  t.comment(`seeds from ${base}`)
  const runs = await Promise.all(range(base, base + 499).map((seed) => runChaos(seed, how)))
  // Whatever is still under way has had its time when the holes of all runs are filled.
  await settled()
  for (const { seed, delivered, expected, stream } of runs) {
    stream.close()
    if (String(delivered) !== String(expected)) t.strictSame(delivered, expected, `seed ${seed}`)
  }
  t.ok(runs.some(({ expected }) => expected.length > 50))
}

t.test(
  'whatever the bus does, each event is delivered once and in order, once the last one shows',
  async (t) => {
    await checkChaos(t, { showsLast: true })
  },
)

t.test('whatever the bus does, catching up delivers the rest, each once and in order', async (t) => {
  await checkChaos(t, { showsLast: false })
})

t.test('events in order are delivered at once, without a read', async (t) => {
  const tick = stopTime(t)
  const log = new Log()
  const { stream, delivered } = createStream(log)
  stream.start(4)
  t.equal(stream.position, 4)
  for (const rev of [5, 6, 6, 3, 4, 5, 7, 7]) stream.receive(event(rev))
  t.strictSame(delivered, [5, 6, 7])
  t.equal(stream.position, 7)
  await tick(RETRY_MS)
  t.equal(log.reads, 0, 'a repeat is no hole')
})

t.test('a hole that the bus fills in time needs no read', async (t) => {
  const tick = stopTime(t)
  const log = new Log()
  const { stream, delivered, filled } = createStream(log)
  stream.start(0)
  for (const rev of [3, 2]) stream.receive(event(rev))
  await tick(HOLE_MS - 1)
  t.strictSame(delivered, [])
  stream.receive(event(1))
  t.strictSame(delivered, [1, 2, 3])
  await tick(RETRY_MS)
  t.equal(log.reads, 0)
  t.strictSame(filled, ['bus'])
})

t.test('a hole that stays is read, with as many reads as it needs', async (t) => {
  const tick = stopTime(t)
  const log = new Log(3)
  const { stream, delivered, filled } = createStream(log)
  stream.start(0)
  log.committed = 10
  stream.receive(event(10))
  await tick(HOLE_MS)
  t.strictSame(delivered, range(1, 10))
  t.equal(log.reads, 3, 'the tenth was there')
  stream.receive(event(11))
  t.equal(stream.position, 11)
  t.strictSame(filled, ['postgres'], 'one hole')
})

t.test('events before the start wait for it', async (t) => {
  const tick = stopTime(t)
  const log = new Log()
  const { stream, delivered } = createStream(log)
  log.committed = 9
  for (const rev of [6, 5, 3, 9]) stream.receive(event(rev))
  await tick(RETRY_MS)
  t.equal(stream.position, undefined)
  t.equal(log.reads, 0, 'nobody knows where to read from')
  stream.start(4)
  t.strictSame(delivered, [5, 6])
  await tick(HOLE_MS)
  t.strictSame(delivered, [5, 6, 7, 8, 9], 'the hole behind them is read')
  stream.start(0)
  t.equal(stream.position, 9, 'a stream starts once')
})

t.test('a number that was never given neither stalls the stream nor keeps it reading', async (t) => {
  const tick = stopTime(t)
  const log = new Log()
  const { stream, delivered } = createStream(log)
  stream.start(0)
  for (const rev of [10 ** 12, 10 ** 14, 10 ** 12]) stream.receive(event(rev))
  await tick(HOLE_MS)
  t.equal(log.reads, 1)
  for (let turn = 0; turn < 10; turn++) await tick(RETRY_MS)
  t.equal(log.reads, 1, 'it is forgotten')
  stream.receive(event(1))
  t.strictSame(delivered, [1])
  log.committed = 3
  stream.receive(event(10 ** 12))
  stream.receive(event(3))
  await tick(HOLE_MS)
  t.strictSame(delivered, [1, 2, 3])
})

t.test(
  'an event that comes while a read is under way, which has not seen it, is not forgotten',
  async (t) => {
    const tick = stopTime(t)
    let answer = () => {}
    const log = new Log(100, () => new Promise((resolve) => (answer = resolve)))
    const { stream, delivered } = createStream(log)
    stream.start(0)
    stream.receive(event(10 ** 12))
    await tick(HOLE_MS)
    t.equal(log.reads, 1, 'it looks at an empty log')
    log.committed = 2
    stream.receive(event(2))
    answer()
    await settled()
    t.equal(log.reads, 2)
    answer()
    await settled()
    t.strictSame(delivered, [1, 2])
  },
)

t.test('while Postgres is away a hole is tried again, and events go on when it is back', async (t) => {
  const tick = stopTime(t)
  const log = new Log()
  log.failures = 3
  log.committed = 5
  const { stream, delivered, errors } = createStream(log)
  stream.start(2)
  stream.receive(event(5))
  await tick(HOLE_MS)
  t.equal(errors.length, 1)
  await tick(RETRY_MS - 1)
  t.equal(log.reads, 1, 'not at once')
  await tick(1)
  await tick(RETRY_MS)
  t.equal(errors.length, 3)
  t.strictSame(delivered, [])
  stream.receive(event(3))
  t.strictSame(delivered, [3], 'what comes in order is delivered meanwhile')
  await tick(RETRY_MS)
  t.strictSame(delivered, [3, 4, 5])
  await tick(RETRY_MS)
  t.equal(log.reads, 4)
})

t.test('more events than may wait behind a hole are read again', async (t) => {
  const tick = stopTime(t)
  const log = new Log(500)
  log.committed = 2500
  const { stream, delivered } = createStream(log)
  stream.start(0)
  for (const rev of range(2, 2500)) stream.receive(event(rev))
  await tick(HOLE_MS)
  t.ok(isRange(delivered, 1, 2500), `up to ${delivered.at(-1)}`)
})

t.test('so they are when the bus fills the hole itself, and when they came before the start', async (t) => {
  const tick = stopTime(t)
  for (const startsFirst of [true, false]) {
    const log = new Log(500)
    log.committed = 1500
    const { stream, delivered } = createStream(log)
    if (startsFirst) stream.start(0)
    for (const rev of range(2, 1500)) stream.receive(event(rev))
    if (startsFirst) stream.receive(event(1))
    else stream.start(1)
    await tick(HOLE_MS)
    t.ok(isRange(delivered, startsFirst ? 1 : 2, 1500), `up to ${delivered.at(-1)}`)
    const { reads } = log
    await tick(RETRY_MS)
    t.equal(log.reads, reads, 'and then it rests')
  }
})

t.test('garbage that fills the waiting room does not keep an event out', async (t) => {
  const tick = stopTime(t)
  const log = new Log()
  const { stream, delivered } = createStream(log)
  stream.start(0)
  for (const rev of range(10 ** 6, 10 ** 6 + 1500)) stream.receive(event(rev))
  log.committed = 2
  stream.receive(event(2))
  await tick(HOLE_MS)
  t.strictSame(delivered, [1, 2])
})

t.test('catching up reads until the stream stands there', async (t) => {
  const log = new Log(4)
  log.committed = 10
  const { stream, delivered, filled } = createStream(log)
  await stream.catchUp(10)
  t.equal(log.reads, 0, 'not before the start')
  stream.start(1)
  t.equal(await stream.catchUp(1), false)
  t.equal(log.reads, 0, 'it stands there')
  t.equal(await stream.catchUp(6), true)
  t.strictSame(filled, [], 'whoever asked for it counts it')
  t.ok((stream.position ?? 0) >= 6)
  await Promise.all([stream.catchUp(10), stream.catchUp(10), stream.catchUp(9)])
  t.strictSame(delivered, range(2, 10))
})

t.test('catching up to where the log has nothing ends', async (t) => {
  const log = new Log()
  log.committed = 3
  const { stream, delivered } = createStream(log)
  stream.start(0)
  await stream.catchUp(1000)
  t.strictSame(delivered, [1, 2, 3])
  t.equal(log.reads, 2)
})

t.test('catching up says when it cannot, and can again', async (t) => {
  const log = new Log()
  log.committed = 3
  log.failures = 1
  const { stream, delivered } = createStream(log)
  stream.start(0)
  await t.rejects(stream.catchUp(3), { message: 'Postgres is away' })
  await stream.catchUp(3)
  t.strictSame(delivered, [1, 2, 3])
})

t.test('catching up delivers what waited behind the hole too', async (t) => {
  const tick = stopTime(t)
  const log = new Log(1)
  log.committed = 2
  const { stream, delivered } = createStream(log)
  stream.start(1)
  for (const rev of [3, 4, 6]) stream.receive(event(rev))
  await stream.catchUp(2)
  t.strictSame(delivered, [2, 3, 4])
  log.committed = 6
  await tick(HOLE_MS)
  t.strictSame(delivered, [2, 3, 4, 5, 6])
})

t.test('the tail has the events since it is kept', async (t) => {
  const { stream } = createStream(new Log())
  const tailAfter = (rev: number) => stream.tailAfter(rev)?.map((kept) => kept.rev)
  stream.start(5)
  t.strictSame(tailAfter(5), [])
  stream.receive(event(6))
  t.strictSame(tailAfter(6), [])
  t.equal(tailAfter(5), undefined, 'not kept')
  const forgetFirst = stream.keepTail()
  stream.receive(event(7))
  stream.receive(event(7))
  stream.receive(event(8))
  t.strictSame(tailAfter(6), [7, 8])
  t.strictSame(tailAfter(7), [8])
  t.equal(tailAfter(5), undefined, 'not all of them')
  const forgetSecond = stream.keepTail()
  forgetFirst()
  stream.receive(event(9))
  t.strictSame(tailAfter(6), [7, 8, 9], 'somebody still needs it')
  forgetSecond()
  t.equal(tailAfter(8), undefined)
  t.strictSame(tailAfter(9), [])
  stream.receive(event(10))
  t.equal(tailAfter(9), undefined, 'nobody needs it any more')
})

t.test('the tail has what was read, too, and is bounded', async (t) => {
  const log = new Log()
  log.committed = 600
  const { stream } = createStream(log)
  stream.start(0)
  stream.keepTail()
  await stream.catchUp(600)
  t.strictSame(
    stream.tailAfter(100)?.map((kept) => kept.rev),
    range(101, 600),
  )
  t.equal(stream.tailAfter(99), undefined)
})

t.test('a closed stream delivers nothing more, not even what is being read', async (t) => {
  const tick = stopTime(t)
  let answer = () => {}
  const log = new Log(100, () => new Promise((resolve) => (answer = resolve)))
  log.committed = 4
  const { stream, delivered, errors } = createStream(log)
  stream.start(0)
  stream.receive(event(4))
  await tick(HOLE_MS)
  const caughtUp = stream.catchUp(4)
  stream.close()
  answer()
  await settled()
  stream.receive(event(1))
  await tick(RETRY_MS)
  answer()
  await caughtUp
  t.strictSame(delivered, [])
  t.strictSame(errors, [])
  t.equal(log.reads, 2)
})

t.test('a stream that is closed before its hole is read reads nothing', async (t) => {
  const tick = stopTime(t)
  const log = new Log()
  const { stream } = createStream(log)
  stream.start(0)
  stream.receive(event(2))
  stream.close()
  await tick(RETRY_MS)
  t.equal(log.reads, 0)
})
