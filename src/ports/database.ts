import type { Dialect } from 'kysely'

/**
 * The database: Kysely's dialect is the seam, the SQL above it is written once for Postgres 15 and later and
 * runs on both engines. What a dialect cannot hide:
 *
 * - PGlite has one connection: statements run one after the other, a transaction holds up the rest.
 * - `int8` comes back as a JavaScript number (the numbers of chats stay far below 2^53), `timestamptz` as a Date.
 */
export interface Database {
  readonly dialect: Dialect
  /** Closes what Kysely does not: locks on folders. Kysely's own `destroy` closes the connections, and comes first. */
  release(): Promise<void>
}
