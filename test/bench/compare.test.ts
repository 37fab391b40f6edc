import t from 'tap'
import { type Round, ratiosOf, type Slice, spreadOf } from '../../bench/load/compare/ratios.js'
import { isClearLoss } from '../../bench/load/compare/verdict.js'

const slice = (perSecond: number, cpu: number, p99: number): Slice => ({ perSecond, cpu, p99 })

t.test('what drifts steadily within a round is the same for both', async (t) => {
  const drifting: Round = {
    base: [slice(1_000, 100, 10), slice(700, 130, 16)],
    ours: [slice(900, 110, 12), slice(800, 120, 14)],
  }
  t.strictSame(ratiosOf(drifting), { perSecond: 1, cpu: 1, p99: 1 })
})

t.test('ours is told by how often it is of the base', async (t) => {
  const halved: Round = {
    base: [slice(1_000, 100, 10), slice(1_000, 100, 10)],
    ours: [slice(2_000, 50, 20), slice(2_000, 50, 20)],
  }
  t.strictSame(ratiosOf(halved), { perSecond: 2, cpu: 0.5, p99: 2 })
})

t.test('a spread is of the middle four fifths', async (t) => {
  t.strictSame(spreadOf([10, 1, 2, 3, 4, 5, 6, 7, 8, 9]), { median: 5, low: 1, high: 9 })
  t.strictSame(spreadOf([3, 1, 2]), { median: 2, low: 1, high: 3 })
})

t.test('a loss is clear when every round shows it, and the middle one well', async (t) => {
  t.equal(isClearLoss([1.5, 1.6, 1.4]), true)
  t.equal(isClearLoss([1.5, 1.6, 1]), false, 'one round has not seen it')
  t.equal(isClearLoss([1.21, 1.25, 1.3]), false, 'it is too small')
  t.equal(isClearLoss([0.5, 0.6, 0.4]), false, 'it is a gain')
  t.equal(isClearLoss([]), false, 'nothing was compared')
})
