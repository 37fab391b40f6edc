import type { OpenSession } from '../ports/session-registry.js'

/** One of this node. */
export interface OwnSession extends OpenSession {
  /** By this process' own clock. */
  readonly begunAt: number
}

/** What is kept of it: an array, for nearly every user has one. */
interface Kept {
  readonly sessionId: string
  readonly begunAt: number
}

/** The sessions of this node by user, each with the moment of its beginning, in that order. 0: no number is too many. */
export function createOwnSessions(most: number) {
  const users = new Map<string, Kept[]>()

  return {
    add({ userId, sessionId }: OpenSession, begunAt: number): void {
      const sessions = users.get(userId)
      if (sessions === undefined) users.set(userId, [{ sessionId, begunAt }])
      else sessions.push({ sessionId, begunAt })
    },

    remove({ userId, sessionId }: OpenSession): void {
      const left = users.get(userId)?.filter((kept) => kept.sessionId !== sessionId) ?? []
      if (left.length > 0) users.set(userId, left)
      else users.delete(userId)
    },

    has({ userId, sessionId }: OpenSession): boolean {
      return users.get(userId)?.some((kept) => kept.sessionId === sessionId) ?? false
    },

    /** Those of the user's that are too many for one node alone, the oldest first. */
    beyond(userId: string): OpenSession[] {
      const sessions = users.get(userId) ?? []
      return most === 0 ? [] : sessions.slice(0, -most).map(({ sessionId }) => ({ userId, sessionId }))
    },

    *all(): Iterable<OwnSession> {
      for (const [userId, sessions] of users) for (const kept of sessions) yield { userId, ...kept }
    },
  }
}
