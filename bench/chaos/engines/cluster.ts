import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createChildren } from '../../engines/children.js'
import { createPgBouncer } from '../../engines/pgbouncer.js'
import { createPostgres } from '../../engines/postgres.js'
import { createRedis } from '../../engines/redis.js'
import { createRedisCluster } from '../../engines/redis-cluster.js'
import { until } from '../../engines/until.js'
import { createLinks } from './links.js'
import { createNode, type Node } from './node.js'

export interface ClusterOptions {
  readonly size: number
  readonly postgres: { readonly binaries: string; readonly folder: string; readonly password: string }
  readonly redisServer: string
  readonly redisMode: 'standalone' | 'cluster'
  /** Processes of each node; 0: it is one process. */
  readonly workers: number
  /** Undefined: none is in the path. */
  readonly pgbouncer: string | undefined
  /** The `main.js` that the nodes run. */
  readonly entry: string
  readonly secret: string
  /** Where logs go. */
  readonly folder: string
  readonly onCrash: (node: number, exitCode: number | null) => void
}

/** Load is not held back by limits that are made against single users, and a drain is short enough to wait for. */
const env = {
  NODE_ENV: 'production',
  LOG_LEVEL: 'warn',
  PARLEY_RATE_MESSAGES: '0',
  PARLEY_RATE_JOINS: '0',
  PARLEY_RATE_TYPING: '0',
  PARLEY_RATE_CONNECTS: '0',
  PARLEY_RATE_CONNECTS_PER_ADDRESS: '0',
  PARLEY_SESSIONS_PER_USER: '1000',
  PARLEY_DRAIN_SECONDS: '3',
}

/** All that runs: Postgres, Redis, the nodes, and proxies of each node's own between them. */
export async function startCluster(options: ClusterOptions) {
  const { size, redisServer, redisMode, workers, entry, secret, folder, onCrash } = options
  const children = createChildren()
  const openLinks = createLinks()
  const nodes: Node[] = []

  async function end(): Promise<void> {
    await Promise.all(nodes.map((node) => node.stop('SIGKILL')))
    await children.end()
    await openLinks.end()
  }

  try {
    const postgres = await createPostgres({
      children,
      ...options.postgres,
      log: join(folder, 'postgres.log'),
    })
    const ofRedis = { children, command: redisServer, folder, log: join(folder, 'redis.log') }
    const redisCluster = redisMode === 'cluster' ? await createRedisCluster(ofRedis) : undefined
    const single = redisCluster === undefined ? await createRedis(ofRedis) : undefined
    const redis = redisCluster ?? single
    if (redis === undefined) throw new Error('there is no Redis')
    await Promise.all([postgres.start(), redis.start()])
    const pgbouncer =
      options.pgbouncer === undefined
        ? undefined
        : await createPgBouncer({
            ...{ children, command: options.pgbouncer, postgres },
            // Open to the user that it becomes, as a folder of somebody's reports need not be.
            folder: dirname(options.postgres.folder),
            ownerOf: options.postgres.folder,
            log: join(folder, 'pgbouncer.log'),
          })
    await pgbouncer?.start()
    const shared: Record<string, string> = {
      ...(pgbouncer !== undefined && { PARLEY_PREPARED_STATEMENTS: 'false' }),
      ...(workers > 0 && { WORKERS: String(workers) }),
    }
    for (let index = 0; index < size; index++) {
      const dataDir = join(folder, `node-${index}`)
      await mkdir(dataDir, { recursive: true })
      nodes.push(
        await createNode({
          ...{ children, openLinks, index, entry, onCrash },
          redis: { port: single?.port, url: redisCluster?.url() },
          postgres: { urlAt: postgres.urlAt, port: pgbouncer?.port ?? postgres.port },
          env: { ...env, ...shared, JWT_SECRET: secret },
          folder: dataDir,
          log: join(folder, `node-${index}.log`),
        }),
      )
    }
    await Promise.all(nodes.map((node) => node.start()))
    await until('all nodes are ready', () => areReady(nodes), 60_000)
    return { nodes, postgres, pgbouncer, redis, redisCluster, areReady: () => areReady(nodes), end }
  } catch (error) {
    await end()
    throw error
  }
}

async function areReady(nodes: readonly Node[]): Promise<boolean> {
  return (await Promise.all(nodes.map((node) => node.isReady()))).every((isReady) => isReady)
}

export type Cluster = Awaited<ReturnType<typeof startCluster>>
