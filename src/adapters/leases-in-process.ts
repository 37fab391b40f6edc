import type { Leases } from '../ports/leases.js'

/** The only node holds every lease: what it holds is who is online. */
export function createInProcessLeases(): Leases {
  const users = new Set<string>()

  return {
    async hold(userIds) {
      const fresh = new Set(userIds.filter((userId) => !users.has(userId)))
      for (const userId of fresh) users.add(userId)
      return [...fresh]
    },
    async release(userIds) {
      return userIds.filter((userId) => users.delete(userId))
    },
    async held(userIds) {
      return new Set(userIds.filter((userId) => users.has(userId)))
    },
    async renew() {
      return []
    },
  }
}
