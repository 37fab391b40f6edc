import type { CostFile } from '../costs/costs.js'
import type { Plant, Product } from '../options.js'
import type { Section } from './figure.js'
import { type Limit, limitsOf } from './limits.js'
import { networkFor } from './network.js'
import { planOf } from './plan.js'

/** What a product needs. */
export interface Estimate {
  readonly sections: readonly Section[]
  readonly limits: readonly Limit[]
  readonly nodes: number
  readonly shards: number
  readonly sessions: number
  readonly messages: number
  /** The share of a node's core that is in use at the peak. */
  readonly coreUsed: number
  readonly postgresCores: number
  /** Microseconds a second of all nodes, by what they are for. */
  readonly work: Readonly<Record<string, number>>
}

/** @throws Error when there is no answer */
export function estimate(file: CostFile, product: Product, plant: Plant): Estimate {
  const { load, nodes, redis, postgres } = planOf(file, product, plant)
  const { sessions, messages, begins } = load
  return {
    ...{ nodes: nodes.count, shards: redis.shards, sessions, messages },
    ...{ coreUsed: nodes.used, postgresCores: postgres.cores, work: nodes.work },
    limits: limitsOf(file, product, plant),
    sections: [
      {
        title: 'At the peak',
        figures: [
          { what: 'users on a day', value: load.active, unit: '', from: [] },
          { what: 'messages', value: messages, unit: 'a second', from: [] },
          { what: 'sessions that stand', value: sessions, unit: '', from: [] },
          { what: 'sessions that begin', value: begins, unit: 'a second', from: [] },
          { what: 'sessions that a message is delivered to', value: load.deliveries, unit: '', from: [] },
          { what: 'chats in all', value: load.chats, unit: '', from: [] },
        ],
      },
      { title: 'Nodes', figures: nodes.figures },
      { title: 'Redis', figures: redis.figures },
      { title: 'Postgres', figures: postgres.figures },
      ...networkFor(file, load, nodes, product),
    ],
  }
}
