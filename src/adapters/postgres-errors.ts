import pg from 'pg'

/**
 * SQLSTATEs after which a connection is of no use: 08 says that it is lost, 57P that the server ends it or is not up
 * yet, 25006 that it leads to a server that was the primary once.
 */
const ENDS_CONNECTION = /^(08|57P|25006$)/
/** The statement took longer than it may: the server has ended it, and nothing else. */
const TIMED_OUT = '57014'
const TOO_MANY_CONNECTIONS = '53300'

/** What a failed statement says of its connection: `none` when it says nothing, the error is the statement's own. */
export function faultOf(error: unknown, isBroken: boolean): 'connection' | 'time' | 'none' {
  if (isBroken) return 'connection'
  const code = codeOf(error)
  if (code === undefined) return 'none'
  if (ENDS_CONNECTION.test(code)) return 'connection'
  return code === TIMED_OUT ? 'time' : 'none'
}

/** The server is there, and has no room for one more connection. */
export function isFull(error: unknown): boolean {
  return codeOf(error) === TOO_MANY_CONNECTIONS
}

/**
 * What answers is a pooler that shares connections by transaction: it takes no setting for the time of a connection.
 * It has no code of its own for that.
 */
export function refusesSettings(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.message.startsWith('unsupported startup parameter')
}

/** For the log: errors of connections have nothing in them that a user has said. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // One of several addresses has a code alone.
  return error.message || ('code' in error ? String(error.code) : error.name)
}

function codeOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}
