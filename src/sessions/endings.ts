import { z } from 'zod'
import { ENDINGS_CHANNEL } from '../chat/channels.js'
import type { Bus } from '../ports/bus.js'
import type { OpenSession } from '../ports/session-registry.js'
import type { Store } from '../store/store.js'
import type { Hub } from './hub.js'

/** A look goes back further than the last one: what was written just before that may have been committed after it. */
const OVERLAP_MS = 60_000
/** Looks whose clocks are compared. */
const CLOCKS = 8

const ending = z.union([
  z.object({ userId: z.string(), sessionId: z.string() }),
  z.object({ userId: z.string(), endedAt: z.coerce.date() }),
])

/** Has a session closed that is one too many for its user, on whichever node it is. */
export function endTooMany(bus: Bus, session: OpenSession): void {
  bus.publish(ENDINGS_CHANNEL, JSON.stringify(session))
}

/**
 * Ends sessions that are on any node: one by its id, or all that a user has had at some moment.
 *
 * The latter is written to Postgres first: the nodes that are not told over the bus find it there. The moment is by
 * the clock of the database, so a node has to know when its sessions began by that clock. What a look is told of
 * the time is older when it arrives: at the most by the clock of the look that took the shortest way.
 */
export async function createEndings({ store, bus, hub }: { store: Store; bus: Bus; hub: Hub }) {
  let lookedAt = new Date()
  /** How much the database's clock is ahead of this process' own, at least, by the last looks. */
  let aheadMs: number[] = []

  function endBefore(userId: string, endedAt: Date): void {
    const ownTime = endedAt.getTime() - Math.max(...aheadMs)
    for (const session of hub.sessionsOf(userId))
      if (session.begunAt < ownTime) session.close('unauthenticated')
  }

  /** Ends what was to be ended since the last look. @throws while the database is away */
  async function look(): Promise<void> {
    const { now, ended } = await store.endedSessions.since(new Date(lookedAt.getTime() - OVERLAP_MS))
    aheadMs = [...aheadMs, now.getTime() - performance.now()].slice(-CLOCKS)
    lookedAt = now
    for (const { userId, endedAt } of ended) endBefore(userId, endedAt)
  }

  await look()

  return {
    look,

    /** Ends all sessions that the user has now, on every node. Answers the moment; later ones are not ended. */
    async endAll(userId: string): Promise<Date> {
      const endedAt = await store.endedSessions.end(userId)
      bus.publish(ENDINGS_CHANNEL, JSON.stringify({ userId, endedAt }))
      return endedAt
    },

    /** What came over the bus. */
    receive(payload: Buffer): void {
      const told = ending.parse(JSON.parse(payload.toString()))
      if ('endedAt' in told) endBefore(told.userId, told.endedAt)
      else
        for (const session of hub.sessionsOf(told.userId))
          if (session.id === told.sessionId) session.close('tooManySessions')
    },
  }
}

export type Endings = Awaited<ReturnType<typeof createEndings>>
