import type { Engines } from './engines.js'
import { withClient } from './with-client.js'

/** "PostgreSQL 15.4, Redis 7.2.1". */
export async function describeVersions({ postgres, redis }: Engines): Promise<string> {
  const { rows } = await withClient(postgres.url, (client) =>
    client.query<{ server_version: string }>('show server_version'),
  )
  const [, redisVersion = 'unknown'] =
    /redis_version:(\S+)/.exec(String(await redis.ask('INFO', 'server'))) ?? []
  return `PostgreSQL ${rows[0]?.server_version ?? 'unknown'}, Redis ${redisVersion}`
}
