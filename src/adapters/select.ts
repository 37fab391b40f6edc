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
import { createPostgresDatabase } from './database-postgres.js'
import { createInProcessLeases } from './leases-in-process.js'
import { createRedisLeases } from './leases-redis.js'
import { createRedisClient, untilReady } from './redis-client.js'
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
  if (config.redisUrl === undefined)
    return {
      bus: createInProcessBus(),
      leases: createInProcessLeases(),
      registry: createInProcessSessionRegistry(most),
    }
  const publisher = createRedisClient(config.redisUrl, 'publisher', logger)
  const subscriber = createRedisClient(config.redisUrl, 'subscriber', logger)
  await Promise.all([untilReady(publisher, REDIS_PATIENCE_MS), untilReady(subscriber, REDIS_PATIENCE_MS)])
  const { leaseMs } = config.presence
  return {
    bus: createRedisBus(publisher, subscriber),
    leases: createRedisLeases(publisher, nodeId, leaseMs),
    registry:
      most === 0
        ? createInProcessSessionRegistry(most)
        : createRedisSessionRegistry(publisher, { leaseMs, most }),
  }
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
