import { PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Logger } from 'pino'
import type { Database } from '../ports/database.js'

const INT8 = 20
/** A commit that takes longer than this is given up: its caller has long stopped waiting. */
const STATEMENT_TIMEOUT_MS = 15_000
const CONNECT_TIMEOUT_MS = 5000

/** Postgres 15 and later, through a pool of connections. */
export function createPostgresDatabase(url: string, poolSize: number, logger: Logger): Database {
  const types = new pg.TypeOverrides()
  types.setTypeParser(INT8, Number)
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    types,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'parley',
  })
  // A connection that breaks would otherwise end the process; the pool replaces it. Of an idle one the pool tells; one
  // in use tells of it itself, and whoever uses it is told by its statement.
  pool.on('error', (error) => logger.warn({ error: error.message }, 'a database connection was lost'))
  pool.on('connect', (client) => client.on('error', () => {}))
  return { dialect: new PostgresDialect({ pool }), async release() {} }
}
