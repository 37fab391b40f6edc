import type { Test } from 'tap'
import { TEST_SECRET } from './clients.js'
import { createDatabase } from './postgres.js'
import { type NodeProcess, startNode } from './processes.js'
import { type RedisServer, startRedis } from './redis.js'

export interface Cluster {
  readonly nodes: readonly NodeProcess[]
  readonly redis: RedisServer
  readonly databaseUrl: string
}

/** Nodes on one fresh Postgres database and one Redis of their own, started at once. */
export async function startCluster(
  t: Test,
  size: number,
  env: Record<string, string> = {},
): Promise<Cluster> {
  const [{ url: databaseUrl }, redis] = await Promise.all([createDatabase(t), startRedis(t)])
  const nodes = await Promise.all(
    Array.from({ length: size }, () =>
      startNode(t, { DATABASE_URL: databaseUrl, REDIS_URL: redis.url, JWT_SECRET: TEST_SECRET, ...env }),
    ),
  )
  return { nodes, redis, databaseUrl }
}

/** The node of this number. */
export function nodeOf({ nodes }: Cluster, index: number): NodeProcess {
  const node = nodes[index]
  if (node === undefined) throw new Error(`there is no node ${index}`)
  return node
}
