import type { CostFile } from '../costs/costs.js'
import type { Plant, Product } from '../options.js'
import { loadOf } from './load.js'
import { nodesFor } from './nodes.js'
import { postgresFor } from './postgres.js'
import { redisFor } from './redis.js'

/** How many of each a product needs. @throws Error when no number of nodes is enough */
export function planOf(file: CostFile, product: Product, plant: Plant) {
  const load = loadOf(product)
  const nodes = nodesFor(file, load, product, plant)
  return {
    ...{ load, nodes, redis: redisFor(file, load, nodes, plant) },
    postgres: postgresFor(file, load, nodes, product, plant),
  }
}

export type Plan = ReturnType<typeof planOf>
