import { setTimeout as delay } from 'node:timers/promises'
import type { RedisCluster } from '../../engines/redis-cluster.js'
import type { Cluster } from '../engines/cluster.js'
import type { Link } from '../engines/links.js'
import type { Node } from '../engines/node.js'

/** What a fault is done to. Two faults are never done to the same thing at once. */
export type Where = 'node' | 'redis' | 'postgres' | 'pgbouncer'

/** What of the options decides which faults there can be. */
export interface System {
  readonly redis: 'standalone' | 'cluster'
  readonly pgbouncer: boolean
  readonly workers: number
}

/** Of a cluster a node reaches the servers by the addresses that they tell, past the links. */
const onStandalone = ({ redis }: System) => redis === 'standalone'
const onCluster = ({ redis }: System) => redis === 'cluster'

interface FaultKind {
  readonly where: Where
  /** How long it is held before it is undone, in milliseconds. */
  readonly forMs: readonly [number, number]
  /** A node with it serves nobody: one node at least is spared. */
  readonly takesNode?: true
  /** Absent: whatever runs. */
  readonly isFor?: (system: System) => boolean
  /** Does it; a text that it resolves with is told in the report. */
  readonly begin: (cluster: Cluster, node: Node) => unknown
  /** Brings it back. */
  readonly undo: (cluster: Cluster, node: Node) => unknown
}

const nothing = (): void => {}

/** All kinds of faults. */
export const FAULTS = {
  'node-kill': {
    ...{ where: 'node', forMs: [500, 5_000], takesNode: true },
    begin: (_, node) => node.stop('SIGKILL'),
    undo: (_, node) => node.start(),
  },
  'node-term': {
    ...{ where: 'node', forMs: [500, 3_000], takesNode: true },
    begin: async (_, node) => `exit code ${await node.stop('SIGTERM')}`,
    undo: (_, node) => node.start(),
  },
  'node-pause': {
    ...{ where: 'node', forMs: [1_000, 8_000], takesNode: true },
    begin: (_, node) => node.pause(),
    undo: (_, node) => node.unpause(),
  },
  // One of several on the same ports: its supervisor starts another one.
  'worker-kill': {
    ...{ where: 'node', forMs: [500, 3_000], isFor: ({ workers }: System) => workers > 0 },
    begin: (_, node) => node.killWorker(),
    undo: nothing,
  },
  'redis-kill': {
    ...{ where: 'redis', forMs: [500, 10_000] },
    begin: ({ redis }) => redis.kill(),
    undo: ({ redis }) => redis.start(),
  },
  'redis-pause': {
    ...{ where: 'redis', forMs: [1_000, 10_000] },
    begin: ({ redis }) => redis.pause(),
    undo: ({ redis }) => redis.unpause(),
  },
  'redis-flush': {
    ...{ where: 'redis', forMs: [0, 0] },
    begin: ({ redis }) => redis.ask('FLUSHALL'),
    undo: nothing,
  },
  'redis-drop-subscribers': {
    ...{ where: 'redis', forMs: [0, 0] },
    begin: async ({ redis }) => `${await redis.ask('CLIENT', 'KILL', 'TYPE', 'pubsub')} connections`,
    undo: nothing,
  },
  'redis-master-killed': {
    ...{ where: 'redis', forMs: [4_000, 12_000], isFor: onCluster },
    begin: (cluster) => ofCluster(cluster).killMaster(),
    undo: (cluster) => ofCluster(cluster).startKilled(),
  },
  'redis-slot-moved': {
    ...{ where: 'redis', forMs: [0, 0], isFor: onCluster },
    begin: async (cluster) => `${await ofCluster(cluster).moveSlots()} slots`,
    undo: nothing,
  },
  'postgres-restart': {
    ...{ where: 'postgres', forMs: [0, 4_000] },
    begin: ({ postgres }) => postgres.stop('SIGINT'),
    undo: ({ postgres }) => postgres.start(),
  },
  'postgres-crash': {
    ...{ where: 'postgres', forMs: [0, 4_000] },
    begin: ({ postgres }) => postgres.stop('SIGQUIT'),
    undo: ({ postgres }) => postgres.start(),
  },
  'postgres-link-cut': {
    ...{ where: 'node', forMs: [200, 5_000], takesNode: true },
    begin: (_, node) => node.links.postgres.cut(),
    undo: (_, node) => node.links.postgres.restore(),
  },
  'postgres-link-stall': {
    ...{ where: 'node', forMs: [1_000, 8_000], takesNode: true },
    begin: (_, node) => node.links.postgres.set({ kind: 'stalled' }),
    undo: (_, node) => node.links.postgres.restore(),
  },
  // The commit is made, and its answer never comes.
  'postgres-answers-lost': {
    ...{ where: 'node', forMs: [100, 1_000], takesNode: true },
    begin: (_, node) => node.links.postgres.set({ kind: 'mute' }),
    undo: (_, node) => node.links.postgres.restore(),
  },
  'redis-link-cut': {
    ...{ where: 'node', forMs: [500, 10_000], isFor: onStandalone },
    begin: (_, node) => node.links.redis.cut(),
    undo: (_, node) => node.links.redis.restore(),
  },
  'redis-link-stall': {
    ...{ where: 'node', forMs: [1_000, 10_000], isFor: onStandalone },
    begin: (_, node) => node.links.redis.set({ kind: 'stalled' }),
    undo: (_, node) => node.links.redis.restore(),
  },
  'redis-link-slow': {
    ...{ where: 'node', forMs: [1_000, 10_000], isFor: onStandalone },
    begin: (_, node) => node.links.redis.set({ kind: 'slow', delayMs: 400 }),
    undo: (_, node) => node.links.redis.restore(),
  },
  'clients-cut': {
    ...{ where: 'node', forMs: [100, 3_000], takesNode: true },
    begin: (_, node) => eachClientLink(node, (link) => link.cut()),
    undo: (_, node) => eachClientLink(node, (link) => link.restore()),
  },
  'clients-stall': {
    ...{ where: 'node', forMs: [1_000, 8_000], takesNode: true },
    begin: (_, node) => eachClientLink(node, (link) => link.set({ kind: 'stalled' })),
    undo: (_, node) => eachClientLink(node, (link) => link.restore()),
  },
  // Neither side hears that the connection has gone; new ones are well.
  'clients-half-open': {
    ...{ where: 'node', forMs: [5_000, 15_000] },
    begin: (_, node) => eachClientLink(node, (link) => link.forsake()),
    undo: (_, node) => eachClientLink(node, (link) => link.restore()),
  },
  'clients-slow': {
    ...{ where: 'node', forMs: [2_000, 8_000] },
    begin: (_, node) => eachClientLink(node, (link) => link.set({ kind: 'slow', delayMs: 700 })),
    undo: (_, node) => eachClientLink(node, (link) => link.restore()),
  },
  'clients-flapping': {
    ...{ where: 'node', forMs: [0, 0] },
    begin: async (_, node) => {
      for (let times = 0; times < 5; times++) {
        await eachClientLink(node, (link) => link.cut())
        await delay(50)
        await eachClientLink(node, (link) => link.restore())
        await delay(400)
      }
    },
    undo: nothing,
  },
  // Where there is one.
  'pgbouncer-kill': {
    ...{ where: 'pgbouncer', forMs: [200, 4_000], isFor: ({ pgbouncer }: System) => pgbouncer },
    begin: ({ pgbouncer }) => pgbouncer?.kill(),
    undo: ({ pgbouncer }) => pgbouncer?.start(),
  },
} as const satisfies Record<string, FaultKind>

export type FaultName = keyof typeof FAULTS
export const FAULT_NAMES = Object.keys(FAULTS).filter((name): name is FaultName => name in FAULTS)

/** The kinds that there can be in it. */
export function faultsOf(system: System): FaultName[] {
  return FAULT_NAMES.filter((name) => kindOf(name).isFor?.(system) ?? true)
}

export function kindOf(name: FaultName): FaultKind {
  return FAULTS[name]
}

function ofCluster({ redisCluster }: Cluster): RedisCluster {
  if (redisCluster === undefined) throw new Error('there is no Redis Cluster')
  return redisCluster
}

async function eachClientLink(node: Node, body: (link: Link) => Promise<void>): Promise<void> {
  await Promise.all([body(node.links.raw), body(node.links.http)])
}
