import type { OpenSession } from '../ports/session-registry.js'

/** The sessions of this node by user, each with the moment of its beginning, in that order. 0: no number is too many. */
export function createOwnSessions(most: number) {
  const users = new Map<string, Map<string, number>>()

  return {
    add({ userId, sessionId }: OpenSession, begunAt: number): void {
      const sessions = users.get(userId)
      if (sessions === undefined) users.set(userId, new Map([[sessionId, begunAt]]))
      else sessions.set(sessionId, begunAt)
    },

    remove({ userId, sessionId }: OpenSession): void {
      const sessions = users.get(userId)
      if (sessions?.delete(sessionId) && sessions.size === 0) users.delete(userId)
    },

    has({ userId, sessionId }: OpenSession): boolean {
      return users.get(userId)?.has(sessionId) ?? false
    },

    /** Those of the user's that are too many for one node alone, the oldest first. */
    beyond(userId: string): OpenSession[] {
      const sessionIds = [...(users.get(userId)?.keys() ?? [])]
      return most === 0 ? [] : sessionIds.slice(0, -most).map((sessionId) => ({ userId, sessionId }))
    },

    *all(): Iterable<OpenSession & { readonly begunAt: number }> {
      for (const [userId, sessions] of users)
        for (const [sessionId, begunAt] of sessions) yield { userId, sessionId, begunAt }
    },
  }
}
