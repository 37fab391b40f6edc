import pg from 'pg'
import type { Engines } from './engines.js'

/** "PostgreSQL 15.4, Redis 7.2.1". */
export async function describeVersions({ postgres, redis }: Engines): Promise<string> {
  const client = new pg.Client({ connectionString: postgres.url })
  await client.connect()
  const { rows } = await client.query<{ server_version: string }>('show server_version')
  await client.end()
  const [, redisVersion = 'unknown'] =
    /redis_version:(\S+)/.exec(String(await redis.ask('INFO', 'server'))) ?? []
  return `PostgreSQL ${rows[0]?.server_version ?? 'unknown'}, Redis ${redisVersion}`
}
