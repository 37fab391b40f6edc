import type { Connection } from './connection.js'
import type { Outbox } from './outbox.js'
import type { Rest } from './rest.js'
import type { Parley } from './types.js'

/** What all parts of one client have in common. */
export interface Context {
  readonly connection: Connection
  readonly rest: Rest
  readonly outbox: Outbox
  readonly user: () => Parley['user']
}
