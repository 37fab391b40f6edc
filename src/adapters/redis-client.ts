import { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { optionsOf, type RedisAccess, type RedisAddress } from './redis-access.js'

/** A silent Redis is noticed long before (silence.ts); a process that was held up has not read its answers yet. */
const COMMAND_TIMEOUT_MS = 5000
const CONNECT_TIMEOUT_MS = 2000
const RETRY_MOST_MS = 250

/**
 * One connection to Redis that fails at once while Redis is away: ioredis' offline queue would swallow commands
 * and send them later, when they mean nothing any more. It reconnects by itself, with jitter, for ever; with sentinels
 * to whoever they say is the master now. `address`: of one server of a cluster.
 */
export function createRedisClient(
  access: RedisAccess,
  name: string,
  logger: Logger,
  address?: RedisAddress,
): Redis {
  const client = new Redis({
    ...optionsOf(access, address),
    connectionName: `parley-${name}`,
    disableClientInfo: true,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: pauseBefore,
    sentinelRetryStrategy: pauseBefore,
  })
  let saidAway = false
  client.on('error', (error: Error) => {
    // A slot that has moved (redis-shard.ts): Redis is there.
    if (error.message.startsWith('Command queue state error')) return
    if (!saidAway) logger.warn({ name, error: error.message }, 'redis is away')
    saidAway = true
  })
  client.on('ready', () => {
    logger.info({ name }, 'redis is connected')
    saidAway = false
  })
  return client
}

function pauseBefore(attempt: number): number {
  return Math.random() * Math.min(RETRY_MOST_MS, 50 * 2 ** Math.min(attempt, 10)) + 20
}

/** Resolves when the client is ready, or after `patienceMs`: a node starts without Redis. */
export async function untilReady(client: Redis, patienceMs: number): Promise<void> {
  if (client.status === 'ready') return
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer)
      client.off('ready', done)
      resolve()
    }
    const timer = setTimeout(done, patienceMs)
    client.on('ready', done)
  })
}
