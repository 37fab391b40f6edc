import type { ChatTruth } from './truth.js'

/** A time of membership, by revs: from `added` on, before `removed`. */
export interface Stay {
  readonly added: number
  readonly removed: number
}

/** When each user was a member, from history: founders from the beginning, others by the events about them. */
export function membershipOf({
  founders,
  events,
}: Pick<ChatTruth, 'founders' | 'events'>): Map<string, Stay[]> {
  const stays = new Map<string, Stay[]>(
    founders.map((user) => [user, [{ added: 0, removed: Number.POSITIVE_INFINITY }]]),
  )
  for (const { rev, kind, userId } of events) {
    if (userId === undefined) continue
    const ofUser = stays.get(userId) ?? []
    if (kind === 'member_added') ofUser.push({ added: rev, removed: Number.POSITIVE_INFINITY })
    const last = ofUser.at(-1)
    if (kind === 'member_removed' && last !== undefined) ofUser.splice(-1, 1, { ...last, removed: rev })
    stays.set(userId, ofUser)
  }
  return stays
}
