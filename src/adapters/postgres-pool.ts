import { Socket } from 'node:net'
import type { PostgresCursor, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import pg from 'pg'
import type { Logger } from 'pino'
import { DatabaseUnavailable, PREPARED } from '../ports/database.js'
import { faultOf, isFull, reasonOf, refusesSettings } from './postgres-errors.js'
import { createTurns } from './turns.js'
import { within } from './within.js'

/** Who may wait for a connection, and how long. */
const LINE = 10_000
const LINE_MS = 5000
/** After this it is asked whether the database is there at all. */
const SILENCE_MS = 1000
const LOOK_MS = 250
const CLOSE_MS = 2000

export interface PostgresPoolOptions {
  readonly config: pg.ClientConfig
  /** Settings that each connection begins with, unless what answers refuses them: a pooler does. */
  readonly bounds: pg.ClientConfig
  /** They are refused, here and wherever else they are asked for. */
  readonly onUnbounded: () => void
  /** Connections at most. */
  readonly size: number
  /** Whether a connection can prepare the statements that ask for it. */
  readonly prepares: boolean
  /** The server has ended a statement before this: one that is still not answered never will be. */
  readonly limitMs: number
  /** Something is not answered. */
  readonly onSilence: () => void
  /** A connection was lost, or could not be made. */
  readonly onLost: () => void
  /** The connections lead nowhere. */
  readonly onDead: (reason: string) => void
  readonly logger: Logger
}

interface Asked {
  /** When it was asked for what it has not answered; undefined while nothing is under way. */
  askedAt: number | undefined
}

/** One for the life of a connection: Kysely keeps something of its own for each that it is given. */
interface Connection extends PostgresPoolClient, Asked {}

/**
 * The connections of a database that is there. What the pool of node-postgres leaves open: those who wait for a
 * connection are in a line with an end, what is not answered is noticed, and a connection that broke never serves
 * again. When the database is found to be away the pool is destroyed, with all that is under way in it.
 */
export function createPostgresPool(options: PostgresPoolOptions) {
  const { config, bounds, onUnbounded, size, prepares, limitMs, onSilence, onLost, onDead, logger } = options
  const sockets = new Set<Socket>()
  const connections = new Map<pg.PoolClient, Connection>()
  const connecting = new Set<Asked>()
  const names = new Map<string, string>()
  const turns = createTurns({
    atOnce: size,
    line: LINE,
    refusal: (reason) => new DatabaseUnavailable(reason),
  })
  let pool = openPool({ ...config, ...bounds })
  /** However long this process was held up is one look: it has not read what it was answered meanwhile. */
  let ownTime = 0
  const timer = setInterval(look, LOOK_MS)
  timer.unref()

  function openPool(config: pg.ClientConfig): pg.Pool {
    const opened = new pg.Pool({ ...config, max: size, stream: openSocket })
    // A connection that breaks would otherwise end the process. Of an idle one the pool tells, and replaces it.
    opened.on('error', (error) =>
      logger.debug({ reason: reasonOf(error) }, 'an idle database connection was lost'),
    )
    opened.on('remove', (client) => connections.delete(client))
    return opened
  }

  /** A pool that was refused has no connection, and nothing to be closed: another takes its place. */
  async function take(): Promise<pg.PoolClient> {
    const asked = pool
    try {
      return await asked.connect()
    } catch (error) {
      if (!refusesSettings(error)) throw error
      if (pool === asked) {
        pool = openPool(config)
        onUnbounded()
      }
      return await pool.connect()
    }
  }

  /** What a connection has prepared it knows by its name. */
  function nameOf(text: string): { readonly name?: string } {
    if (!prepares || !text.startsWith(PREPARED)) return {}
    const name = names.get(text) ?? `parley_${names.size + 1}`
    names.set(text, name)
    return { name }
  }

  function openSocket(): Socket {
    const socket = new Socket()
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    return socket
  }

  function look(): void {
    ownTime += LOOK_MS
    turns.refuse('the wait for a connection was too long', performance.now() - LINE_MS)
    const asked = [...connecting, ...connections.values()]
    const longest = Math.max(0, ...asked.map(({ askedAt = ownTime }) => ownTime - askedAt))
    if (longest > limitMs) onDead('a statement was never answered')
    else if (longest > SILENCE_MS) onSilence()
  }

  function toUnconnected(error: unknown): DatabaseUnavailable {
    // Those that there are serve on: that there are no more of them is no reason to give them up.
    if (!isFull(error) || connections.size === 0) onLost()
    return new DatabaseUnavailable(reasonOf(error), { cause: error })
  }

  function keep(client: pg.PoolClient): Connection {
    let isBroken = false
    client.on('error', () => {
      isBroken = true
    })

    function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>
    function query<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>>
    function query(statement: unknown, values: readonly unknown[] = []): unknown {
      if (typeof statement !== 'string') throw new Error('there are no cursors here')
      return ask(statement, values)
    }

    async function ask(text: string, values: readonly unknown[]): Promise<pg.QueryResult> {
      connection.askedAt = ownTime
      try {
        return await client.query({ ...nameOf(text), text, values: [...values] })
      } catch (error) {
        throw toFailure(error)
      } finally {
        connection.askedAt = undefined
      }
    }

    function toFailure(error: unknown): unknown {
      const fault = faultOf(error, isBroken)
      if (fault === 'none') return error
      if (fault === 'connection') {
        isBroken = true
        onLost()
      }
      return new DatabaseUnavailable(reasonOf(error), { cause: error })
    }

    const connection: Connection = {
      askedAt: undefined,
      query,
      release(destroy = false) {
        client.release(destroy || isBroken)
        turns.give()
      },
    }
    connections.set(client, connection)
    return connection
  }

  function destroy(reason: string): void {
    clearInterval(timer)
    turns.refuse(reason)
    pool.end().catch(() => {})
    for (const socket of sockets) socket.destroy()
  }

  return {
    /** @throws DatabaseUnavailable */
    async connect(): Promise<PostgresPoolClient> {
      await turns.take()
      const asked: Asked = { askedAt: ownTime }
      connecting.add(asked)
      try {
        const client = await take()
        return connections.get(client) ?? keep(client)
      } catch (error) {
        turns.give()
        throw toUnconnected(error)
      } finally {
        connecting.delete(asked)
      }
    },

    /** Ends everything at once: whoever waits for an answer, or for a connection, is told. */
    destroy,

    /** When all are back, but soon: a server that is silent does not keep a node from closing. */
    async end(): Promise<void> {
      await within(CLOSE_MS, pool.end()).catch(() => {})
      clearInterval(timer)
      for (const socket of sockets) socket.destroy()
    },
  }
}

export type PostgresPool = ReturnType<typeof createPostgresPool>
