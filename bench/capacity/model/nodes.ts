import type { CostFile } from '../costs/costs.js'
import type { Plant, Product } from '../options.js'
import { PING_MS, PRESENCE_GATHER_MS, SWEEP_MS } from '../service.js'
import type { Figure } from './figure.js'
import { type Load, reach } from './load.js'

/** One core: a node is one process with one thread for all of its work. */
const CORE = 1e6
const MEGABYTE = 1024 ** 2
/** More would be no answer. */
const MOST_NODES = 10_000_000

export interface Nodes {
  readonly count: number
  /** The share of a core that is in use. */
  readonly used: number
  /** Microseconds a second of all nodes, by what they are for. */
  readonly work: Readonly<Record<string, number>>
  /** Publishes a second on the channel of presence, which every node hears. */
  readonly presence: number
  readonly figures: readonly Figure[]
}

/** @throws Error when no number of nodes is enough: what all of them must hear takes more than one has */
export function nodesFor(file: CostFile, load: Load, product: Product, plant: Plant): Nodes {
  const { costs, assumptions } = file
  const core = CORE * (1 - plant.headroom)
  const perSession = costs.sessionMemory.value + costs.socketMemory.value + assumptions.socketBuffers.value
  const memory = plant['node-memory-mb'] * MEGABYTE * (1 - plant.headroom)
  const byMemory = (memory - costs.nodeMemory.value) / perSession
  if (byMemory < 1)
    throw new Error('--node-memory-mb: a node without sessions needs more, headroom left free')
  const cap = plant['sessions-per-node'] ?? costs.sessionsMeasured.value
  const perNode = Math.min(cap, Math.floor(byMemory))

  const bySessions = Math.max(1, Math.ceil(load.sessions / perNode))
  let count = bySessions
  let work = workOf(file, load, product, count)
  for (;;) {
    const all = sumOf(work)
    if (all <= count * core) break
    // What every node must hear does not get less with more of them.
    const everywhere = presencePublishes(load, count) * costs.receiptNode.value
    if (everywhere >= core)
      throw new Error('presence alone would keep each node busy: no number of nodes is enough')
    const next = Math.max(count + 1, Math.ceil((all - count * everywhere) / (core - everywhere)))
    if (next > MOST_NODES) throw new Error(`more than ${MOST_NODES.toLocaleString('en-GB')} nodes`)
    count = next
    work = workOf(file, load, product, count)
  }

  const used = sumOf(work) / count / CORE
  const sessionsOfNode = load.sessions / count
  return {
    ...{ count, used, work },
    presence: presencePublishes(load, count),
    figures: [
      { what: 'nodes, of one core each', value: count, unit: '', from: namesOfWork },
      {
        what: 'by sessions alone',
        value: bySessions,
        unit: 'nodes',
        from: ['sessionsMeasured', 'sessionMemory', 'socketMemory', 'socketBuffers', 'nodeMemory'],
      },
      { what: 'sessions of a node', value: sessionsOfNode, unit: '', from: [] },
      { what: 'core of a node in use', value: used * 100, unit: '%', from: namesOfWork },
      {
        what: 'memory of a node, the kernel’s included',
        value: (costs.nodeMemory.value + sessionsOfNode * perSession) / MEGABYTE,
        unit: 'MB',
        from: ['nodeMemory', 'sessionMemory', 'socketMemory', 'socketBuffers'],
      },
      ...Object.entries(work).map(
        ([name, micros]): Figure => ({
          what: `cores for ${name}, all nodes`,
          value: micros / CORE,
          unit: 'cores',
          from: COSTS_OF_WORK[name] ?? [],
        }),
      ),
    ],
  }
}

const COSTS_OF_WORK: Readonly<Record<string, Figure['from']>> = {
  messages: ['messageNode'],
  'more deliveries': ['deliveryNode'],
  'hearing the bus': ['receiptNode'],
  'sessions that begin': ['sessionNode', 'chatNode', 'listNode'],
  pings: ['pingNode'],
  sweeps: ['lookNode'],
}
const namesOfWork = Object.values(COSTS_OF_WORK).flat()

function workOf({ costs }: CostFile, load: Load, product: Product, nodes: number) {
  const { messages, deliveries, begins, sessions, openChats } = load
  const presence = presencePublishes(load, nodes)
  const moreNodes = Math.max(0, reach(nodes, deliveries) - 2)
  return {
    messages: messages * costs.messageNode.value,
    'more deliveries': messages * (deliveries - 2) * costs.deliveryNode.value,
    'hearing the bus': (messages * moreNodes + nodes * presence) * costs.receiptNode.value,
    'sessions that begin':
      begins *
      (costs.sessionNode.value + (product['open-chats'] - 1) * costs.chatNode.value + costs.listNode.value),
    pings: ((sessions * 1000) / PING_MS) * costs.pingNode.value,
    sweeps: ((openChats * 1000) / SWEEP_MS) * costs.lookNode.value,
  }
}

/** A node tells who came, and who went, at most so often; where few come, each by itself. */
export function presencePublishes({ begins }: Load, nodes: number): number {
  return 2 * Math.min(begins, (nodes * 1000) / PRESENCE_GATHER_MS)
}

function sumOf(work: Readonly<Record<string, number>>): number {
  return Object.values(work).reduce((sum, micros) => sum + micros, 0)
}
