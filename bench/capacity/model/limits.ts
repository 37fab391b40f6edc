import type { CostFile } from '../costs/costs.js'
import type { Plant, Product } from '../options.js'
import type { Figure } from './figure.js'
import { type Plan, planOf } from './plan.js'

/** What a product of this kind comes to the end of, one after the other, as it grows. */
export interface Limit {
  readonly what: string
  /** Users from which on it is too little; undefined: not before another limit ends all. */
  readonly users: number | undefined
  readonly remedy: string
  readonly from: Figure['from']
}

const MOST_USERS = 10_000_000_000
const CORE = 1e6
/** Of a number of users; nobody knows theirs as well. */
const EXACTNESS = 1e-4

interface Bound {
  readonly what: string
  readonly remedy: string
  readonly from: Figure['from']
  /** Whether it is too little for this product. */
  isPassed(plan: Plan): boolean
}

/** Sorted by when they come. */
export function limitsOf(file: CostFile, product: Product, plant: Plant): Limit[] {
  const isPossible = (users: number) => {
    try {
      return planOf(file, { ...product, users }, plant).nodes.count > 0
    } catch {
      return false
    }
  }
  const end = firstOf(MOST_USERS, (users) => !isPossible(users))
  const most = end === undefined ? MOST_USERS : Math.floor(end * (1 - EXACTNESS)) - 1
  const limits = bounds(file, plant).map(({ isPassed, ...bound }) => ({
    ...bound,
    users: firstOf(most, (users) => isPassed(planOf(file, { ...product, users }, plant))),
  }))
  return [...limits, { ...NO_PLAN, users: end }].sort(
    (one, other) => (one.users ?? Number.POSITIVE_INFINITY) - (other.users ?? Number.POSITIVE_INFINITY),
  )
}

const NO_PLAN: Omit<Limit, 'users'> = {
  what: 'All: what every node hears of presence takes the whole core of each',
  remedy: 'as above: it has to go by chats',
  from: ['receiptNode'],
}

/** The fewest users of whom it is so; it stays so for more. Undefined: not up to `most`. */
function firstOf(most: number, isSo: (users: number) => boolean): number | undefined {
  if (most < 1 || !isSo(most)) return undefined
  let [enough, tooMany] = [0, most]
  while (tooMany - enough > Math.max(1, enough * EXACTNESS)) {
    const middle = Math.floor((enough + tooMany) / 2)
    if (isSo(middle)) tooMany = middle
    else enough = middle
  }
  return tooMany
}

function bounds({ assumptions }: CostFile, plant: Plant): Bound[] {
  const { proxyPorts, postgresConnections, postgresCores, redisCores, tableBytes } = assumptions
  return [
    {
      what: 'One node',
      remedy:
        'more nodes, on as many cores (WORKERS on one machine, replicas on several); a second one anyway, for upgrades',
      from: ['messageNode', 'sessionNode', 'sessionsMeasured'],
      isPassed: ({ nodes }) => nodes.count > 1,
    },
    {
      what: 'One Redis: a core for all publishes, or its network',
      remedy: 'REDIS_MODE=cluster, with sharded pub/sub: a chat’s channel is on one shard',
      from: ['messageRedis', 'deliveryRedis', 'redisCores', 'networkBits'],
      isPassed: ({ redis }) => redis.shards > 1,
    },
    {
      what: `Connections of Postgres: ${postgresConnections.value} without a pooler`,
      remedy: 'PgBouncer in transaction mode, or a smaller PARLEY_DATABASE_POOL',
      from: ['postgresConnections'],
      isPassed: ({ postgres }) => postgres.connections > postgresConnections.value,
    },
    {
      what: 'The table messages, as one piece',
      remedy: 'hash partitions by chat; retention',
      from: ['messageHeap', 'messageIndexes', 'tableBytes'],
      isPassed: ({ postgres }) => postgres.messageTable > tableBytes.value,
    },
    {
      what: `Processors of one Postgres: ${postgresCores.value} cores`,
      remedy: 'a larger PARLEY_SWEEP_MS and history from replicas first; then shards by chat (Citus)',
      from: ['messagePostgres', 'sessionPostgres', 'listPostgres', 'lookPostgres', 'postgresCores'],
      isPassed: ({ postgres }) => postgres.cores > postgresCores.value,
    },
    {
      what: 'Presence: one channel that every node hears, on one shard of Redis',
      remedy: 'no setting mends it: presence has to go by the channels of the chats instead (not written)',
      from: ['deliveryRedis', 'presenceBytes', 'redisCores'],
      isPassed: ({ redis }) => redis.presenceWork > redisCores.value * CORE * (1 - plant.headroom),
    },
    {
      what: 'A node’s connections through one address of a proxy: its ports',
      remedy: 'several addresses for the proxy, or several ports for a node',
      from: ['proxyPorts', 'sessionsMeasured'],
      isPassed: ({ load, nodes }) => load.sessions / nodes.count > proxyPorts.value,
    },
  ]
}
