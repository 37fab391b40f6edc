/** One open session of a user, on whichever node. */
export interface OpenSession {
  readonly userId: string
  readonly sessionId: string
}

/**
 * Who has how many sessions, on all nodes together, so that nobody has more than so many.
 *
 * - No method rejects, and none of them is waited for by a client: while the store is away each node counts its own.
 * - What a dead node has had is counted until its lease has lapsed.
 * - After the store was away or emptied, each node writes its own again with its next renewal, in the order in which
 *   they began; until then some are not counted.
 */
export interface SessionRegistry {
  /** The session has begun on this node. Answers those of the user's that are too many, the oldest first. */
  add(session: OpenSession): Promise<OpenSession[]>
  /** It has ended. */
  remove(session: OpenSession): void
  /** Renews this node's lease. Answers those that turn out to be too many. Not before the last one has resolved. */
  renew(): Promise<OpenSession[]>
}
