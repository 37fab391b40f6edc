import type { CostFile } from '../costs/costs.js'
import type { Plant } from '../options.js'
import { ACTIVITY_MEMBERS } from '../service.js'
import type { Figure } from './figure.js'
import { type Load, reach } from './load.js'
import type { Nodes } from './nodes.js'
import { spent } from './spent.js'

const CORE = 1e6

export interface Redis {
  readonly shards: number
  /** Microseconds a second of all shards together, and those of presence, which all fall on one of them. */
  readonly work: number
  readonly presenceWork: number
  /** Bytes a second that leave it. */
  readonly out: number
  readonly figures: readonly Figure[]
}

export function redisFor(file: CostFile, load: Load, nodes: Nodes, plant: Plant): Redis {
  const { costs, assumptions } = file
  const room = assumptions.redisCores.value * CORE * (1 - plant.headroom)
  const reached = reach(nodes.count, load.deliveries)
  const messageWork =
    nodes.count * spent(costs.messageRedis, load.messages / nodes.count) +
    load.messages * Math.max(0, reached - 2) * costs.deliveryRedis.value
  const presenceWork = nodes.presence * nodes.count * costs.deliveryRedis.value
  const sessionWork = load.begins * costs.sessionRedis.value
  const work = messageWork + presenceWork + sessionWork
  const told = Math.min(load.deliveries, ACTIVITY_MEMBERS)
  const out =
    load.messages * (reached * costs.busBytes.value + told * costs.busActivityBytes.value) +
    // Each who comes or goes is told once to every node, however many are told together.
    2 * load.begins * nodes.count * costs.presenceBytes.value
  const shards = Math.max(
    1,
    Math.ceil(work / room),
    Math.ceil((out * 8) / (assumptions.networkBits.value * (1 - plant.headroom))),
  )
  return {
    ...{ shards, work, presenceWork, out },
    figures: [
      {
        what: 'shards',
        value: shards,
        unit: '',
        from: [
          'messageRedis',
          'deliveryRedis',
          'sessionRedis',
          'redisCores',
          'busBytes',
          'busActivityBytes',
          'presenceBytes',
          'networkBits',
        ],
      },
      { what: 'publishes of messages', value: load.messages, unit: 'a second', from: [] },
      { what: 'nodes that each goes to', value: reached, unit: '', from: [] },
      {
        what: 'core for messages and activity',
        value: messageWork / CORE,
        unit: 'cores',
        from: ['messageRedis', 'deliveryRedis'],
      },
      { what: 'core for sessions', value: sessionWork / CORE, unit: 'cores', from: ['sessionRedis'] },
      {
        what: 'presence to all nodes, on one shard',
        value: presenceWork / CORE,
        unit: 'cores',
        from: ['deliveryRedis'],
      },
      {
        what: 'out of Redis',
        value: (out * 8) / 1e6,
        unit: 'Mbit/s',
        from: ['busBytes', 'busActivityBytes', 'presenceBytes'],
      },
      { what: 'connections', value: nodes.count * 2 * shards, unit: '', from: [] },
    ],
  }
}
