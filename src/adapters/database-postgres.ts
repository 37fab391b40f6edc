import { Socket } from 'node:net'
import { PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Logger } from 'pino'
import { z } from 'zod'
import { type Database, DatabaseUnavailable } from '../ports/database.js'
import { reasonOf, refusesSettings } from './postgres-errors.js'
import { createPostgresPool, type PostgresPool } from './postgres-pool.js'
import { createPostgresWatch } from './postgres-watch.js'
import { within } from './within.js'

const INT8 = 20
/** A commit that takes longer than this is given up: its caller has long stopped waiting. */
const STATEMENT_TIMEOUT_MS = 10_000
/** By then the server has ended it, or nothing comes from there any more. */
const ANSWER_MS = STATEMENT_TIMEOUT_MS + 2000
/** A node that stops in the middle of a transaction holds up whoever waits for its locks no longer than this. */
const IDLE_IN_TRANSACTION_MS = 2000
const CONNECT_TIMEOUT_MS = 5000
const PROBE_MS = 2000

/** What a statement may take, said when a connection begins: so it costs no round trip. */
const BOUNDS: pg.ClientConfig = {
  statement_timeout: STATEMENT_TIMEOUT_MS,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
}

/**
 * Postgres 15 and later, through a pool of connections; `prepares`: whether each of them can prepare statements.
 *
 * A PgBouncer that shares connections by transaction refuses what would be the session's. Then the bounds of statements
 * are left to the defaults of the role: docs/decisions/0016-postgres-at-scale.md.
 */
export function createPostgresDatabase(
  url: string,
  poolSize: number,
  logger: Logger,
  { prepares } = { prepares: true },
): Database {
  const types = new pg.TypeOverrides()
  types.setTypeParser(INT8, Number)
  const plain = {
    connectionString: url,
    types,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'parley',
  }
  let bounds = BOUNDS
  let tellReturn = () => {}

  const watch = createPostgresWatch({
    probe: look,
    onAway(reason) {
      pool.destroy(reason)
      pool = open()
    },
    onReturn: () => tellReturn(),
    logger,
  })
  let pool = open()

  async function look(): Promise<void> {
    try {
      await probe({ ...plain, ...bounds })
    } catch (error) {
      if (!refusesSettings(error)) throw error
      leaveBounds()
    }
  }

  function leaveBounds(): void {
    bounds = {}
    checkBounds(plain, logger).catch(() => {})
  }

  function open(): PostgresPool {
    return createPostgresPool({
      ...{ config: plain, bounds, size: poolSize, prepares, limitMs: ANSWER_MS, logger },
      onUnbounded: leaveBounds,
      onSilence: watch.doubt,
      onLost: watch.lost,
      onDead: watch.goAway,
    })
  }

  return {
    dialect: new PostgresDialect({
      pool: {
        options: plain,
        async connect() {
          if (watch.awayBecause !== undefined) throw new DatabaseUnavailable(watch.awayBecause)
          return await pool.connect()
        },
        async end() {
          watch.close()
          await pool.end()
        },
      },
    }),
    get up() {
      return watch.awayBecause === undefined
    },
    patientDialect: new PostgresDialect({ pool: async () => openPatient(plain, logger) }),
    onReturn(listener) {
      tellReturn = listener
    },
    async release() {},
  }
}

function openPatient(config: pg.ClientConfig, logger: Logger): pg.Pool {
  const pool = new pg.Pool({ ...config, max: 1 })
  const lost = (error: Error) => logger.warn({ reason: reasonOf(error) }, 'a database connection was lost')
  pool.on('error', lost)
  pool.on('connect', (client) => client.on('error', lost))
  return pool
}

/** Where the role has no bounds of its own, whoever runs the service is told: a statement may then take for ever. */
async function checkBounds(config: pg.ClientConfig, logger: Logger): Promise<void> {
  const names = ['statement_timeout', 'idle_in_transaction_session_timeout']
  const { rows } = await probe(
    config,
    `select name from pg_settings where setting = '0' and name in ('${names.join("', '")}')`,
  )
  const missing = z.array(z.object({ name: z.string() })).parse(rows)
  if (missing.length === 0) return
  logger.warn(
    { missing: missing.map(({ name }) => name) },
    'behind a pooler statements have no bounds: give the role defaults (docs/postgres.md)',
  )
}

/** Asks on a connection of its own. @throws when there is no answer in PROBE_MS */
async function probe(config: pg.ClientConfig, statement = 'select 1'): Promise<pg.QueryResult> {
  const socket = new Socket()
  const client = new pg.Client({ ...config, stream: () => socket })
  client.on('error', () => {})
  const work = client.connect().then(async () => await client.query(statement))
  try {
    return await within(PROBE_MS, work)
  } finally {
    // It has said what it was asked for, or never will.
    work.catch(() => {})
    socket.destroy()
  }
}
