import type { CostFile } from '../costs/costs.js'
import type { Plant, Product } from '../options.js'
import { DATABASE_POOL, SWEEP_MS } from '../service.js'
import type { Figure } from './figure.js'
import type { Load } from './load.js'
import type { Nodes } from './nodes.js'
import { spent } from './spent.js'

const CORE = 1e6
const GIGABYTE = 1e9
const YEAR_DAYS = 365

export interface Postgres {
  readonly cores: number
  readonly connections: number
  /** Bytes of `messages` with its indexes, as many as are kept. */
  readonly messageTable: number
  readonly figures: readonly Figure[]
}

export function postgresFor(
  { costs }: CostFile,
  load: Load,
  nodes: Nodes,
  product: Product,
  plant: Plant,
): Postgres {
  const { messages, messagesPerDay, begins, openChats, chats } = load
  const messageWork = nodes.count * spent(costs.messagePostgres, messages / nodes.count)
  const sessionWork =
    begins *
    (costs.sessionPostgres.value +
      (product['open-chats'] - 1) * costs.chatPostgres.value +
      costs.listPostgres.value)
  const sweepWork = ((openChats * 1000) / SWEEP_MS) * costs.lookPostgres.value
  const cores = (messageWork + sessionWork + sweepWork) / CORE / (1 - plant.headroom)

  const more = (product['content-bytes'] - CONTENT_BYTES) * costs.messageContent.value
  const heap = costs.messageHeap.value + more
  const indexes = costs.messageIndexes.value
  const kept = messagesPerDay * product['retention-days']
  const messageTable = kept * (heap + indexes)
  const others =
    chats * costs.chatDisk.value +
    product.users * (product['chats-per-user'] * costs.memberDisk.value + costs.userDisk.value)
  const wal = (each: number) => (messages * (each + more) * 8) / 1e6
  const perYear = messagesPerDay * YEAR_DAYS * (costs.messageWal.value + more)
  const connections = nodes.count * DATABASE_POOL
  return {
    ...{ cores, connections, messageTable },
    figures: [
      {
        what: 'cores, headroom included',
        value: cores,
        unit: 'cores',
        from: ['messagePostgres', 'sessionPostgres', 'chatPostgres', 'listPostgres', 'lookPostgres'],
      },
      {
        what: 'cores in use for messages and their activity',
        value: messageWork / CORE,
        unit: 'cores',
        from: ['messagePostgres'],
      },
      {
        what: 'cores in use for sessions that begin',
        value: sessionWork / CORE,
        unit: 'cores',
        from: ['sessionPostgres', 'chatPostgres', 'listPostgres'],
      },
      {
        what: 'cores in use for sweeps of open chats',
        value: sweepWork / CORE,
        unit: 'cores',
        from: ['lookPostgres'],
      },
      { what: 'connections', value: connections, unit: '', from: [] },
      { what: 'messages that are kept', value: kept, unit: '', from: [] },
      {
        what: 'their rows',
        value: (kept * heap) / GIGABYTE,
        unit: 'GB',
        from: ['messageHeap', 'messageContent'],
      },
      { what: 'their indexes', value: (kept * indexes) / GIGABYTE, unit: 'GB', from: ['messageIndexes'] },
      {
        what: 'rows and indexes of a year',
        value: (messagesPerDay * YEAR_DAYS * (heap + indexes)) / GIGABYTE,
        unit: 'GB',
        from: ['messageHeap', 'messageIndexes', 'messageContent'],
      },
      {
        what: 'users, chats, members, with indexes',
        value: others / GIGABYTE,
        unit: 'GB',
        from: ['userDisk', 'chatDisk', 'memberDisk'],
      },
      {
        what: 'WAL, pages already written since the checkpoint',
        value: wal(costs.messageWal.value),
        unit: 'Mbit/s',
        from: ['messageWal', 'messageContent'],
      },
      {
        what: 'WAL, each page for the first time',
        value: wal(costs.messageWalCold.value),
        unit: 'Mbit/s',
        from: ['messageWalCold', 'messageContent'],
      },
      {
        what: 'WAL of a year, at least',
        value: perYear / GIGABYTE,
        unit: 'GB',
        from: ['messageWal', 'messageContent'],
      },
    ],
  }
}

/** Of the messages that rows and frames were measured with. */
export const CONTENT_BYTES = 100
