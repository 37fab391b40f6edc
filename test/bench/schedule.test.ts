import t from 'tap'
import { faultsOf, kindOf } from '../../bench/chaos/faults/kinds.js'
import { type PlannedFault, planFaults, type ScheduleOptions } from '../../bench/chaos/faults/schedule.js'

const kinds = faultsOf({ redis: 'standalone', pgbouncer: false, workers: 0 })
const options: ScheduleOptions = { seed: 7, nodes: 3, faults: 40, kinds, fromMs: 0, toMs: 600_000 }

t.test('the same seed gives the same schedule, another one another', async (t) => {
  t.strictSame(planFaults(options), planFaults(options))
  t.notSame(planFaults(options), planFaults({ ...options, seed: 8 }))
})

t.test('forty faults in ten minutes are of all kinds', async (t) => {
  const plan = planFaults(options)
  t.equal(plan.length, 40)
  t.strictSame(new Set(plan.map(({ name }) => name)), new Set(kinds))
})

t.test('only the kinds that are named', async (t) => {
  const plan = planFaults({ ...options, kinds: ['redis-kill', 'node-term'] })
  t.strictSame(new Set(plan.map(({ name }) => name)), new Set(['redis-kill', 'node-term']))
})

t.test(
  'whatever the seed, nothing has two faults at once, one node is spared, and all ends in time',
  async (t) => {
    for (let seed = 0; seed < 200; seed++) {
      const plan = planFaults({ ...options, seed, toMs: 200_000 })
      t.ok(plan.length > 10)
      const wrong = plan.flatMap((fault) => {
        const others = plan.filter((other) => other !== fault && isDuring(fault, other))
        const taken = new Set([fault, ...others].filter(takesNode).map(({ node }) => node))
        const isDouble = others.some((other) => thingOf(other) === thingOf(fault))
        return isDouble || taken.size > 2 || fault.atMs + fault.forMs > 200_000 ? [fault] : []
      })
      t.strictSame(wrong, [], `seed ${seed}`)
    }
  },
)

function isDuring(a: PlannedFault, b: PlannedFault): boolean {
  return b.atMs <= a.atMs && a.atMs <= b.atMs + b.forMs
}

function thingOf({ name, node }: PlannedFault): string {
  const { where } = kindOf(name)
  return where === 'node' ? `node ${node}` : where
}

function takesNode({ name }: PlannedFault): boolean {
  return kindOf(name).takesNode === true
}
