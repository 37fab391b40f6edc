import { z } from 'zod'
import { until } from './until.js'

/** One server of a cluster, as it is told to the others. */
export interface ClusterServer {
  readonly port: number
  readonly busPort: number
  /** One command. @throws when it is refused, or nobody answers */
  ask(...command: string[]): Promise<unknown>
}

export const SLOTS = 16_384
const READY_MS = 30_000

/**
 * Makes a Redis Cluster of empty servers, as `redis-cli --cluster create` does, which has to be installed: slots evenly,
 * each replica to a master. Resolves when every server sees it whole.
 */
export async function formCluster(
  masters: readonly ClusterServer[],
  replicas: readonly ClusterServer[],
): Promise<void> {
  const all = [...masters, ...replicas]
  const [first] = masters
  if (first === undefined) throw new Error('a cluster needs a master')
  for (const [index, server] of all.entries())
    await server.ask('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
  for (const [index, server] of masters.entries()) {
    const from = Math.floor((index * SLOTS) / masters.length)
    const to = Math.floor(((index + 1) * SLOTS) / masters.length) - 1
    await server.ask('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to))
  }
  for (const server of all.slice(1))
    await server.ask('CLUSTER', 'MEET', '127.0.0.1', String(first.port), String(first.busPort))
  await until(
    'every server knows the others',
    async () => {
      const counts = await Promise.all(all.map(async (one) => (await nodesOf(one)).length))
      return counts.every((count) => count === all.length)
    },
    READY_MS,
  )
  for (const [index, server] of replicas.entries()) {
    const master = masters[index % masters.length] ?? first
    await server.ask('CLUSTER', 'REPLICATE', await idOf(master))
  }
  await until('the cluster is whole', () => isWhole(all, masters.length), READY_MS)
}

/** Whether each of these servers sees all slots served by so many masters, and every replica at work. */
export async function isWhole(servers: readonly ClusterServer[], masters: number): Promise<boolean> {
  const views = await Promise.all(
    servers.map(async (server) => {
      const info = String(await server.ask('CLUSTER', 'INFO'))
      const replication = String(await server.ask('INFO', 'replication'))
      return (
        /cluster_state:ok/.test(info) &&
        info.includes(`cluster_size:${masters}\r`) &&
        !/master_link_status:down/.test(replication)
      )
    }),
  ).catch(() => [false])
  return views.every(Boolean)
}

/** Moves a slot with its keys while everybody uses it, as `redis-cli --cluster reshard` does. */
export async function moveSlot(
  slot: number,
  to: ClusterServer,
  servers: readonly ClusterServer[],
): Promise<void> {
  const from = await ownerOf(slot, servers)
  if (from === to) return
  const [fromId, toId] = [await idOf(from), await idOf(to)]
  await to.ask('CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', fromId)
  await from.ask('CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', toId)
  for (let keys = await keysIn(slot, from); keys.length > 0; keys = await keysIn(slot, from))
    await from.ask('MIGRATE', '127.0.0.1', String(to.port), '', '0', '5000', 'KEYS', ...keys)
  for (const server of [to, from]) await server.ask('CLUSTER', 'SETSLOT', String(slot), 'NODE', toId)
}

/** @throws when none of these servers is the slot's master */
export async function ownerOf(slot: number, servers: readonly ClusterServer[]): Promise<ClusterServer> {
  for (const server of servers) {
    const own = (await nodesOf(server)).find(({ flags }) => flags.includes('myself'))
    if (own?.slots.some(([first, last]) => first <= slot && slot <= last)) return server
  }
  throw new Error(`no server has slot ${slot}`)
}

/** Those that are masters now; one that does not answer is none. */
export async function mastersOf<Server extends ClusterServer>(servers: readonly Server[]): Promise<Server[]> {
  const replication = await Promise.all(
    servers.map((server) => server.ask('INFO', 'replication').catch(() => '')),
  )
  return servers.filter((_, index) => /role:master/.test(String(replication[index])))
}

/** What makes a `redis-server` one of a cluster. A failover takes about twice the timeout. */
export function clusterArguments(busPort: number, nodeTimeoutMs: number): string[] {
  return [
    ...['--cluster-enabled', 'yes', '--cluster-port', String(busPort)],
    ...['--cluster-config-file', `nodes-${busPort}.conf`, '--cluster-node-timeout', String(nodeTimeoutMs)],
    // A replica that was just made takes over too.
    ...['--repl-diskless-sync-delay', '0', '--cluster-replica-validity-factor', '0'],
  ]
}

async function idOf(server: ClusterServer): Promise<string> {
  return z.string().parse(await server.ask('CLUSTER', 'MYID'))
}

async function keysIn(slot: number, server: ClusterServer): Promise<string[]> {
  return z.array(z.string()).parse(await server.ask('CLUSTER', 'GETKEYSINSLOT', String(slot), '100'))
}

/** The lines of CLUSTER NODES: its flags, and the slots that it has. */
async function nodesOf(server: ClusterServer) {
  const text = z.string().parse(await server.ask('CLUSTER', 'NODES'))
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [, , flags = '', ...rest] = line.split(' ')
      const slots = rest.slice(5).flatMap((range): [number, number][] => {
        const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? []
        return first === undefined ? [] : [[Number(first), Number(last ?? first)]]
      })
      return { flags: flags.split(','), slots }
    })
}
