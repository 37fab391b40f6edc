import t from 'tap'
import { mostInASecond, perSecond, span } from '../../bench/scenarios/figures/moments.js'
import { describePhases } from '../../bench/scenarios/figures/phases.js'
import { backAt, byWindow, type Sample, within } from '../../bench/scenarios/figures/samples.js'
import { quantile, summarise } from '../../bench/scenarios/figures/summary.js'

const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)

t.test('a quantile is one of the numbers, that so many do not exceed', async (t) => {
  t.strictSame(summarise(hundred), { count: 100, p50: 50, p99: 99, most: 100 })
  t.strictSame(summarise([7]), { count: 1, p50: 7, p99: 7, most: 7 })
  t.strictSame(summarise([]), { count: 0, p50: null, p99: null, most: null })
  t.equal(quantile([1, 2, 3, 4], 0.25), 1)
  t.equal(quantile([1, 2, 3, 4], 0.26), 2)
})

t.test('what happened is counted by the second that it was in', async (t) => {
  t.strictSame(perSecond([1_999, 1_000, 3_500, 2_000], 1_000), [2, 1, 1])
  t.strictSame(perSecond([5_200], 1_000), [0, 0, 0, 0, 1])
  t.strictSame(perSecond([], 1_000), [])
})

t.test('the most in a second is found wherever that second begins', async (t) => {
  t.equal(mostInASecond([0, 900, 1_000, 1_100, 1_899, 1_900]), 4, '900 to 1 899, across a full second')
  t.equal(mostInASecond([1_100, 100]), 1, 'a second later is not within it')
  t.equal(mostInASecond([]), 0)
  t.equal(span([1_500, 4_000, 900]), 3_100)
  t.equal(span([]), 0)
})

const sample = (dueMs: number, tookMs: number): Sample => ({ dueMs, tookMs })

t.test('samples are of the span and of the window in which they were due', async (t) => {
  const samples = [sample(999, 1), sample(1_000, 2), sample(1_199, 9_000), sample(1_200, 4), sample(1_700, 5)]
  t.strictSame(within(samples, 1_000, 1_200), [2, 9_000])
  t.strictSame(byWindow(samples, 1_000, 200), [
    { fromMs: 1_000, p50: 2, p99: 9_000 },
    { fromMs: 1_200, p50: 4, p99: 4 },
    { fromMs: 1_600, p50: 5, p99: 5 },
  ])
})

t.test('it is back with the first of five windows in a row that are well', async (t) => {
  const windows = (...p99s: number[]) => p99s.map((p99, index) => ({ fromMs: index * 200, p50: 1, p99 }))
  t.equal(backAt(windows(10, 10, 10, 10, 10), 10), 0)
  t.equal(backAt(windows(900, 50, 10, 10, 10, 10, 10), 10), 400)
  t.equal(backAt(windows(10, 10, 10, 10, 11, 10, 10, 10, 10, 10), 10), 1_000, 'a lucky moment is none')
  t.equal(backAt(windows(10, 10, 10, 10), 10), null)
})

/** A message every 10 ms for 3 s, each delivered after what the moment makes of it. */
function story(tookAt: (dueMs: number) => number): Sample[] {
  return Array.from({ length: 300 }, (_, index) => sample(index * 10, tookAt(index * 10)))
}
const phases = { startMs: 0, killedMs: 1_000, returnedMs: 2_000, endMs: 3_000 }
const acks = story(() => 3)
const met = (deliveries: readonly Sample[], acked = acks) =>
  describePhases(phases, acked, deliveries, { said: 300 }).targets.map(({ isMet }) => isMet)

t.test('a Redis that is away as it should be is told by phase', async (t) => {
  const slow = (dueMs: number) => (1_000 <= dueMs && dueMs < 2_600 ? 800 : 5)
  const { figures, tables, targets } = describePhases(phases, acks, story(slow), { said: 300 })
  t.match(figures, { phases: { before: { deliveries: { p99: 5 } }, away: { deliveries: { p99: 800 } } } })
  t.match(figures, { levelMs: 5, backAfterMs: null }, 'only two windows are well before the end')
  t.strictSame(tables[0]?.rows[1], ['away', 100, 3, 3, 3, 100, 800, 800, 800])
  t.strictSame(
    targets.map(({ isMet }) => isMet),
    [true, true, false],
  )
})

t.test('each target of it can be missed', async (t) => {
  t.strictSame(met(story((dueMs) => (1_000 <= dueMs && dueMs < 2_300 ? 800 : 5))), [true, true, false])
  t.strictSame(met(story((dueMs) => (1_000 <= dueMs && dueMs < 2_000 ? 800 : 5))), [true, true, true])
  t.strictSame(met(story((dueMs) => (dueMs === 1_500 || dueMs === 1_600 ? 2_100 : 5))), [true, false, true])
  const deliveries = story(() => 5)
  t.strictSame(met(deliveries, acks.slice(1)), [false, true, true], 'one is not acked')
  t.strictSame(
    met(
      deliveries,
      story((dueMs) => (dueMs > 1_900 ? 1_500 : 3)),
    ),
    [false, true, true],
  )
  t.strictSame(met([]), [true, false, false], 'nothing is delivered')
})
