import type { Dialect } from 'kysely'
import { ParleyError } from '../protocol/errors.js'

/**
 * The database: Kysely's dialect is the seam, the SQL above it is written once for Postgres 15 and later and
 * runs on both engines. What a dialect cannot hide:
 *
 * - PGlite has one connection: statements run one after the other, a transaction holds up the rest.
 * - `int8` comes back as a JavaScript number (the numbers of chats stay far below 2^53), `timestamptz` as a Date.
 * - While the database is away, or too slow to answer, all that is asked of it rejects with a DatabaseUnavailable:
 *   what is under way within seconds, what comes later at once. What was under way may have been committed.
 */
export interface Database {
  readonly dialect: Dialect
  /**
   * The same database for statements that take as long as they take, one connection; absent where `dialect` sets no
   * limit. Whoever uses it destroys it, with its Kysely.
   */
  readonly patientDialect?: Dialect
  /** False from when it is known to be away until it answers again. */
  readonly up: boolean
  /**
   * Set once: called when the database answers after statements have failed with a DatabaseUnavailable. Some of them
   * may have been committed, and nobody told.
   */
  onReturn(listener: () => void): void
  /** Closes what Kysely does not: locks on folders. Kysely's own `destroy` closes the connections, and comes first. */
  release(): Promise<void>
}

/**
 * Begins a statement that is run again and again with the same text: an adapter may have a connection parse and plan
 * it once.
 */
export const PREPARED = '/* prepared */'

/** The database cannot be reached, or does not answer: the same call may succeed later. What it was to do may be done. */
export class DatabaseUnavailable extends ParleyError {
  /** For the log; a caller reads no more than that the database is away. */
  readonly reason: string

  constructor(reason: string, options?: { readonly cause?: unknown }) {
    super('overloaded', 'The database cannot be reached. Try again.')
    this.reason = reason
    this.cause = options?.cause
  }
}

/** How loudly a failure is told of that the database's absence may have caused: of that the adapter has told. */
export function levelOf(error: unknown): 'debug' | 'warn' {
  return error instanceof DatabaseUnavailable ? 'debug' : 'warn'
}
