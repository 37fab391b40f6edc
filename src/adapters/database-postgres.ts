import { Socket } from 'node:net'
import { PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Logger } from 'pino'
import { type Database, DatabaseUnavailable } from '../ports/database.js'
import { reasonOf } from './postgres-errors.js'
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

/** Postgres 15 and later, through a pool of connections; `prepares`: whether each of them can prepare statements. */
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
  const config = {
    ...plain,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  }
  let tellReturn = () => {}

  const watch = createPostgresWatch({
    probe: () => probe(config),
    onAway(reason) {
      pool.destroy(reason)
      pool = open()
    },
    onReturn: () => tellReturn(),
    logger,
  })
  let pool = open()

  function open(): PostgresPool {
    return createPostgresPool({
      ...{ config, size: poolSize, prepares, limitMs: ANSWER_MS, logger },
      onSilence: watch.doubt,
      onLost: watch.lost,
      onDead: watch.goAway,
    })
  }

  return {
    dialect: new PostgresDialect({
      pool: {
        options: config,
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

/** Asks on a connection of its own. @throws when there is no answer in PROBE_MS */
async function probe(config: pg.ClientConfig): Promise<void> {
  const socket = new Socket()
  const client = new pg.Client({ ...config, stream: () => socket })
  client.on('error', () => {})
  const work = client.connect().then(async () => await client.query('select 1'))
  try {
    await within(PROBE_MS, work)
  } finally {
    // It has said what it was asked for, or never will.
    work.catch(() => {})
    socket.destroy()
  }
}
