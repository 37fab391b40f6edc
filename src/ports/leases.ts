/**
 * Who is online, kept as one lease per node with that node's users in it.
 *
 * A node renews its lease well within its lifetime; when it dies the lease lapses, and the users that nobody
 * else holds are answered by exactly one `renew` of a surviving node. While the store is away every method
 * rejects, and the caller falls back to what it knows itself. A store that was emptied is filled again by the
 * next `renew` of each node. A node that closes lets its lease lapse too: its users have that long to come back
 * on another node without a flicker.
 */
export interface Leases {
  /** Puts users into this node's lease; answers those whom no other living node holds: they have come online. */
  hold(userIds: readonly string[]): Promise<string[]>
  /** Takes users out of it; answers those whom no living node holds any more: they have gone offline. */
  release(userIds: readonly string[]): Promise<string[]>
  /** Which of them any living node holds. */
  held(userIds: readonly string[]): Promise<Set<string>>
  /** Renews this node's lease, with `userIds` written again when it was lost; answers the users of lapsed leases. */
  renew(userIds: () => Iterable<string>): Promise<string[]>
}
