import t from 'tap'
import { parley } from '../../bench/load/dialects/parley.js'
import { seed } from '../../bench/load/dialects/seed.js'
import { limitOf } from '../../bench/load/figures/limits.js'
import { brokenBy, isSettled, lossOf } from '../../bench/load/figures/loss.js'
import { median, ratio, shown, shownRuns } from '../../bench/load/figures/medians.js'
import { slopeOf } from '../../bench/load/figures/memory.js'
import { addUp, heardSince, toLatency } from '../../bench/load/generator/figures.js'
import type { Counts } from '../../bench/load/generator/orders.js'
import { DurationTally } from '../../bench/load/generator/tally.js'
import { parseOptions } from '../../bench/load/options.js'
import { questions } from '../../bench/load/questions/index.js'
import { acquainted, pairs } from '../../bench/load/worlds.js'

t.test('durations are counted to a 64th, whatever their size', async (t) => {
  const tally = new DurationTally()
  const micros = [0, 1, 63, 64, 999, 25_000, 1_390_000, 59_000_000]
  for (const one of micros) tally.add(one)
  const counted = tally.toHistogram()
  t.equal(counted.length, micros.length)
  for (const [index, [value, count]] of counted.entries()) {
    const meant = micros[index] ?? 0
    t.equal(count, 1)
    t.ok(Math.abs(value - meant) <= meant / 64 + 0.5, `${meant} is told as ${value}`)
  }
  tally.clear()
  t.strictSame(tally.toHistogram(), [])
})

t.test('a percentile is what so many do not exceed, over all threads', async (t) => {
  const one = Array.from({ length: 98 }, (): [number, number] => [1_000, 1])
  const latency = toLatency([[9_000, 1], ...one, [5_000, 1]])
  t.match(latency, { count: 100, p50: 1, p90: 1, p99: 5, p999: 9, most: 9 })
  t.match(toLatency([]), { count: 0, p50: null, p99: null, most: null })
})

const counts = (more: Partial<Counts>): Counts => ({
  ...{ sent: 0, repeated: 0, acked: 0, delivered: 0, refused: 0, refusal: '', holes: 0, again: 0, closed: 0 },
  ...{ acks: [], deliveries: [], arrivals: [], late: [], busy: 0 },
  ...more,
})

t.test('what the threads have counted is added up, and told since then', async (t) => {
  const before = addUp([counts({ sent: 3, busy: 0.9 }), counts({ sent: 4 })])
  t.match(before, { sent: 7, busy: 0.9 })
  const after = addUp([counts({ sent: 10, delivered: 5 }), counts({ sent: 4, busy: 0.4 })])
  t.match(heardSince(before, after), { sent: 7, delivered: 5, busy: 0.4 })
})

t.test('what was sent and did not arrive is lost, a refusal is not', async (t) => {
  const of = (more: Partial<Counts>, listeners = 1) => lossOf(addUp([counts(more)]), listeners)
  const whole = of({ sent: 10, repeated: 2, acked: 11, refused: 1, delivered: 27 }, 3)
  t.match(whole, { expected: 27, lost: 0, unanswered: 0 })
  t.ok(isSettled(whole))
  t.strictSame(brokenBy('Parley', whole), [])

  const torn = of({ sent: 10, acked: 9, delivered: 7, again: 1, holes: 2 })
  t.notOk(isSettled(torn))
  t.strictSame(brokenBy('Parley', torn), [
    'Parley: 3 deliveries are missing',
    'Parley: 1 sends were never answered',
    'Parley: 1 messages came twice, or out of order',
    'Parley: 2 messages came before their predecessors',
  ])
  const refused = brokenBy('Parley', of({ sent: 5, refused: 5, refusal: '{"code":"internal"}' }))
  t.strictSame(refused, ['Parley: 5 messages, all of them, were refused: {"code":"internal"}'])
})

t.test('the generator says when it is the limit', async (t) => {
  const late = (micros: number) => toLatency([[micros, 1]])
  t.equal(limitOf({ busy: 0.5, late: late(2_000) }), undefined)
  t.match(limitOf({ busy: 0.95, late: late(2_000) }), /95 %/)
  t.match(limitOf({ busy: 0.5, late: late(9_000) }), /9\.0 ms late/)
})

t.test('of several runs the median is told, with the span', async (t) => {
  t.equal(median([3, 1, null, 2]), 2)
  t.equal(median([4, 1, 2, 3]), 2, 'one that was measured')
  t.equal(median([null]), null)
  t.equal(shownRuns([15_234, 14_000, 16_000]), '15,234 (14,000–16,000)')
  t.equal(shownRuns([1.2345]), '1.23')
  t.equal(shown(null), '-')
  t.equal(ratio(1, 4), 0.25)
  t.equal(ratio(1, null), null)
  t.equal(
    slopeOf([
      [0, 100],
      [10, 120],
      [20, 140],
    ]),
    2,
  )
})

t.test('a message says in both dialects when it was due, by whom, and which one it is', async (t) => {
  const stamp = { due: 123_456_789, sender: 17, count: 4, clientId: '17-4' }
  for (const dialect of [parley, seed]) {
    const sent = dialect.send('chat-9', stamp)
    const [, content] = /"content":"([^"]*)"/.exec(sent) ?? []
    t.equal(content?.length, 100)
  }
  const [, content = ''] = /"content":"([^"]*)"/.exec(parley.send('chat-9', stamp)) ?? []
  const push = Buffer.from(`{"type":"message","chatId":"chat-9","content":"${content}"}`)
  t.match(parley.read(push, 0, 17), { kind: 'message', due: 123_456_789, sender: 17, count: 4 })
  t.match(parley.read(Buffer.from('{"type":"reply","ref":123456789,"data":{}}'), 0, 17), {
    kind: 'ack',
    due: 123_456_789,
  })
  t.match(parley.read(Buffer.from('{"type":"reply","ref":"join","data":{}}'), 0, 17), { kind: 'joined' })
  t.match(parley.read(Buffer.from('{"type":"message_edited","content":"x"}'), 0, 17), { kind: 'other' })
  const event = Buffer.from(`42/chat,["message",{"chatId":"chat-9","content":"${content}"}]`)
  t.match(seed.read(event, 0, 17), { kind: 'message', due: 123_456_789, sender: 17, count: 4 })
})

t.test('everybody is in as many chats as was asked for', async (t) => {
  for (const each of [1, 2, 5]) {
    const { chats } = acquainted(20, each, 0)
    t.equal(chats.length, (20 * each) / 2)
    t.equal(
      new Set(chats.map((members) => [...members].sort().join())).size,
      chats.length,
      'no two are the same',
    )
    for (let user = 0; user < 20; user++)
      t.equal(chats.filter((members) => members.includes(user)).length, each)
  }
  t.strictSame(pairs(2).chats, [
    [0, 1],
    [2, 3],
  ])
})

t.test('a question is asked alone, or all are', async (t) => {
  const all = parseOptions(['--seconds', '2'], questions)
  t.strictSame(all.plans.map(({ name }) => name).slice(0, 2), ['closed-loop', 'rates'])
  t.match(all, { peers: false, runs: 1, entry: 'dist/main.js' })
  const one = parseOptions(['rates', '--rates', '500,800', '--peers', '--runs', '3'], questions)
  t.match(one, { peers: true, runs: 3 })
  t.strictSame(
    one.plans.map(({ name }) => name),
    ['rates'],
  )
  t.match(one.plans[0]?.options, { rates: [500, 800], seconds: 10 })
  t.match(parseOptions(['rates', '--quick', '--chats', '7'], questions).plans[0]?.options, {
    seconds: 3,
    chats: 7,
  })
})

t.test('a bad flag is told in one line', async (t) => {
  const message = (args: string) => {
    try {
      parseOptions(args.split(' '), questions)
      return ''
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
  t.match(message('closed'), /^the questions are closed-loop, [^\n]+$/)
  t.match(message('idle --sessions 0'), /^--sessions: [^\n]+$/)
  t.match(message('idle --members 9'), /^the flags are --sessions [^\n]+; --peers --quick, without$/)
  t.match(message('--sessions 9'), /^the flags are --seconds [^\n]+$/)
})
