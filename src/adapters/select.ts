import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Config } from '../config.js'
import type { BlobStore } from '../ports/blob-store.js'
import type { Bus } from '../ports/bus.js'
import type { Database } from '../ports/database.js'
import type { Leases } from '../ports/leases.js'
import type { SessionRegistry } from '../ports/session-registry.js'
import { createFileBlobs } from './blobs-files.js'
import { createInProcessBus } from './bus-in-process.js'
import { createRedisBus } from './bus-redis.js'
import { createRedisClusterBus } from './bus-redis-cluster.js'
import { createPostgresDatabase } from './database-postgres.js'
import { createInProcessLeases } from './leases-in-process.js'
import { createRedisLeases } from './leases-redis.js'
import { createRedisClient, untilReady } from './redis-client.js'
import { createRedisCluster } from './redis-cluster.js'
import type { RedisCommands } from './redis-commands.js'
import { readOrCreateSecret } from './secret-file.js'
import { createInProcessSessionRegistry } from './session-registry-in-process.js'
import { createRedisSessionRegistry } from './session-registry-redis.js'

/** How long a start waits for Redis before it goes on without. */
const REDIS_PATIENCE_MS = 2000

/** Which adapter stands behind each port: the only place that decides. */
export async function selectDatabase(config: Config, logger: Logger): Promise<Database> {
  if (config.databaseUrl === undefined) {
    // A whole Postgres, that a node with one beside it neither loads nor holds in memory.
    const { createPGliteDatabase } = await import('./database-pglite.js')
    return await createPGliteDatabase(config.dataDir)
  }
  const { databaseUrl, databasePool, preparedStatements } = config
  return createPostgresDatabase(databaseUrl, databasePool, logger, { prepares: preparedStatements })
}

/** A replica of the database, which may be behind it, and away. */
export function selectReplica(config: Config, logger: Logger): Database | undefined {
  const { databaseReplicaUrl, databasePool, preparedStatements } = config
  if (databaseReplicaUrl === undefined) return undefined
  const replicaLogger = logger.child({ database: 'replica' })
  return createPostgresDatabase(databaseReplicaUrl, databasePool, replicaLogger, {
    prepares: preparedStatements,
  })
}

export async function selectBus(
  config: Config,
  nodeId: string,
  logger: Logger,
): Promise<{ bus: Bus; leases: Leases; registry: SessionRegistry }> {
  const most = config.sessionsPerUser
  if (config.redis === undefined)
    return {
      bus: createInProcessBus(),
      leases: createInProcessLeases(),
      registry: createInProcessSessionRegistry(most),
    }
  const { bus, commands } = await connectRedis(config.redis, logger)
  const { leaseMs } = config.presence
  return {
    bus,
    leases: createRedisLeases(commands, nodeId, leaseMs),
    registry:
      most === 0
        ? createInProcessSessionRegistry(most)
        : createRedisSessionRegistry(commands, { leaseMs, most }),
  }
}

async function connectRedis(
  access: NonNullable<Config['redis']>,
  logger: Logger,
): Promise<{ bus: Bus; commands: RedisCommands }> {
  if (access.mode === 'cluster') {
    const cluster = createRedisCluster(access, logger)
    return { bus: await createRedisClusterBus(cluster, REDIS_PATIENCE_MS), commands: cluster.commands }
  }
  const publisher = createRedisClient(access, 'publisher', logger)
  const subscriber = createRedisClient(access, 'subscriber', logger)
  await Promise.all([untilReady(publisher, REDIS_PATIENCE_MS), untilReady(subscriber, REDIS_PATIENCE_MS)])
  return { bus: createRedisBus(publisher, subscriber), commands: publisher }
}

/**
 * The blob store, undefined where attachments are off. Only one that keeps files needs Parley's own door: for its
 * presigned URLs, with the secret that they are signed with.
 */
export async function selectBlobs(
  { blobs: config }: Config,
  logger: Logger,
): Promise<{
  blobs: BlobStore | undefined
  door: { blobs: BlobStore; secret: string } | undefined
}> {
  if (config.kind === 'off') return { blobs: undefined, door: undefined }
  if (config.kind === 's3') {
    // Half a second of a start that most nodes in tests and trials have no use for.
    const { createS3Blobs } = await import('./blobs-s3.js')
    return { blobs: createS3Blobs(config, logger), door: undefined }
  }
  const secret = await readOrCreateSecret(config.dataDir, 'blob-secret')
  const blobs = createFileBlobs(join(config.dataDir, 'blobs'), secret)
  return { blobs, door: { blobs, secret } }
}
