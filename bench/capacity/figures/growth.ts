import type { Plot } from '../../report/outcome.js'
import type { CostFile } from '../costs/costs.js'
import type { Estimate } from '../model/estimate.js'
import { type Plan, planOf } from '../model/plan.js'
import type { Plant, Product } from '../options.js'

/** Of those that were asked about. */
const SIZES = [0.1, 0.2, 0.5, 1, 2, 5, 10]

/** What is needed by how many users: a power of ten below and above. */
export function growthPlot(file: CostFile, product: Product, plant: Plant): Plot {
  const users = SIZES.map((times) => Math.max(1, Math.round(product.users * times)))
  const plans = users.flatMap((some) => {
    try {
      return [[some, planOf(file, { ...product, users: some }, plant)] as const]
    } catch {
      // No number of nodes is enough there.
      return []
    }
  })
  const line = (name: string, of: (plan: Plan) => number) => ({
    name,
    points: plans.map(([some, plan]): [number, number] => [some / 1e6, of(plan)]),
  })
  return {
    kind: 'lines',
    title: 'what is needed by million users',
    x: { unit: 'M', scale: 'logarithmic' },
    y: { unit: 'of each', scale: 'logarithmic' },
    lines: [
      line('nodes', ({ nodes }) => nodes.count),
      line('Redis shards', ({ redis }) => redis.shards),
      line('Postgres cores', ({ postgres }) => Math.max(1, postgres.cores)),
    ],
  }
}

/** Where the cores of the nodes go. */
export function workPlot({ work }: Estimate): Plot {
  return {
    kind: 'bars',
    title: 'cores of all nodes',
    unit: 'cores',
    parts: ['in use at the peak'],
    bars: Object.entries(work).map(([name, micros]) => ({ name, values: [micros / 1e6] })),
  }
}
