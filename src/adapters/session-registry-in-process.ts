import type { SessionRegistry } from '../ports/session-registry.js'
import { createOwnSessions } from './own-sessions.js'

/** One node alone, or no limit (0). */
export function createInProcessSessionRegistry(most: number): SessionRegistry {
  const own = createOwnSessions(most)

  return {
    async add(session) {
      own.add(session, performance.now())
      return own.beyond(session.userId)
    },
    remove: own.remove,
    async renew() {
      return []
    },
  }
}
