/**
 * Who is online, kept as one lease per node with that node's users in it.
 *
 * A node renews its lease well within its lifetime; when it dies the lease lapses, and the users that nobody
 * else holds are answered by exactly one `renew` of a surviving node. While the store is away every method
 * rejects, and the caller falls back to what it knows itself; what could not be written is written by the next
 * `renew`, and so is everything when the store was emptied. A node that closes lets its lease lapse too: its users
 * have that long to come back on another node without a flicker. Calls that write are made one after the other.
 */
export interface Leases {
  /** Puts users into this node's lease; answers those whom no other living node holds: they have come online. */
  hold(userIds: readonly string[]): Promise<string[]>
  /** Takes users out of it; answers those whom no living node holds any more: they have gone offline. */
  release(userIds: readonly string[]): Promise<string[]>
  /** Which of them any living node holds. */
  held(userIds: readonly string[]): Promise<Set<string>>
  /** Renews this node's lease; answers the users of lapsed leases. */
  renew(): Promise<string[]>
}
