import type { Logger } from 'pino'
import { z } from 'zod'
import type { Bus } from '../ports/bus.js'
import { levelOf } from '../ports/database.js'
import type { Leases } from '../ports/leases.js'
import type { Store } from '../store/store.js'
import { PRESENCE_CHANNEL } from './channels.js'

/** Arrivals and departures are gathered for this long: a connect storm is told in batches. */
const GATHER_MS = 50
export const RENEWALS_PER_LEASE = 3

/** Users who have come online or gone offline, on whichever node. */
const transitions = z.object({
  online: z.array(z.string()),
  offline: z.array(z.object({ userId: z.string(), lastSeen: z.string() })),
})
export type Transitions = z.infer<typeof transitions>

export interface PresenceOptions {
  readonly store: Store
  readonly bus: Bus
  readonly leases: Leases
  readonly logger: Logger
  /** A node that is silent for this long is taken for dead. */
  readonly leaseMs: number
  /** How long going offline is held back: a reconnect is no flicker. */
  readonly offlineHoldMs: number
}

/**
 * Who is online: a user with a session on any node.
 *
 * A user is, on this node: absent -> present (first session) -> leaving (last session ended, held back) ->
 * absent; a session within the hold-back makes it present again and nobody hears of it. Only the way from absent
 * to present and from leaving to absent touch the lease, and of these only the ones that change what the cluster
 * knows are told to the others.
 */
export function createPresence({ store, bus, leases, logger, leaseMs, offlineHoldMs }: PresenceOptions) {
  /** Users of this node by the number of their sessions; 0 while leaving. */
  const sessions = new Map<string, number>()
  /** When the last session of a leaving user ended. */
  const leaving = new Map<string, Date>()
  let arrived = new Set<string>()
  let listener: (transitions: Transitions) => void = () => {}
  let queue: Promise<void> = Promise.resolve()

  const gatherTimer = setInterval(gather, GATHER_MS)
  const renewTimer = setInterval(() => enqueue(renew), leaseMs / RENEWALS_PER_LEASE)
  gatherTimer.unref()
  renewTimer.unref()

  /** Lease operations run one after the other, so that an arrival never overtakes a departure. */
  function enqueue(work: () => Promise<void>): void {
    queue = queue
      .then(work)
      .catch((error: unknown) => logger[levelOf(error)]({ error }, 'presence could not be kept'))
  }

  function gather(): void {
    if (arrived.size > 0) {
      const fresh = [...arrived]
      arrived = new Set()
      enqueue(() => hold(fresh))
    }
    const now = Date.now()
    const gone: [string, Date][] = []
    for (const [userId, since] of leaving) {
      // In the order of their leaving: the rest left later.
      if (now - since.getTime() < offlineHoldMs) break
      leaving.delete(userId)
      sessions.delete(userId)
      gone.push([userId, since])
    }
    if (gone.length > 0) enqueue(() => release(gone))
  }

  async function hold(userIds: readonly string[]): Promise<void> {
    // While leases are away this node can only tell what it knows itself: that they are here.
    const online = await leases.hold(userIds).catch(() => [...userIds])
    if (online.length > 0) tell({ online, offline: [] })
  }

  async function release(gone: readonly (readonly [string, Date])[]): Promise<void> {
    const userIds = gone.map(([userId]) => userId)
    const offline = new Set(await leases.release(userIds).catch(() => userIds))
    await tellOffline(gone.filter(([userId]) => offline.has(userId)))
  }

  async function renew(): Promise<void> {
    const lapsed = await leases.renew()
    const lastSeen = new Date(Date.now() - leaseMs)
    await tellOffline(
      lapsed.filter((userId) => !sessions.has(userId)).map((userId) => [userId, lastSeen] as const),
    )
  }

  async function tellOffline(gone: readonly (readonly [string, Date])[]): Promise<void> {
    if (gone.length === 0) return
    tell({ online: [], offline: gone.map(([userId, at]) => ({ userId, lastSeen: at.toISOString() })) })
    await store.users.seen(new Map(gone))
  }

  function tell(value: Transitions): void {
    bus.publish(PRESENCE_CHANNEL, JSON.stringify(value))
  }

  return {
    /** Set once, by whoever has the sessions: transitions on any node, this one's too. */
    onTransitions(given: (transitions: Transitions) => void): void {
      listener = given
    },

    /** What came over the bus. */
    receive(payload: Buffer): void {
      const parsed = transitions.safeParse(JSON.parse(payload.toString()))
      if (parsed.success) listener(parsed.data)
    },

    /** A session of the user has begun on this node. */
    arrive(userId: string): void {
      const before = sessions.get(userId)
      sessions.set(userId, (before ?? 0) + 1)
      if (before === undefined) arrived.add(userId)
      leaving.delete(userId)
    },

    /** A session of the user has ended on this node. */
    depart(userId: string): void {
      const left = (sessions.get(userId) ?? 1) - 1
      sessions.set(userId, left)
      if (left === 0) leaving.set(userId, new Date())
    },

    /** Which of these users have a session on any node; while leases are away, on this one. */
    async online(userIds: readonly string[]): Promise<Set<string>> {
      const here = userIds.filter((userId) => sessions.has(userId))
      const elsewhere = userIds.filter((userId) => !sessions.has(userId))
      if (elsewhere.length === 0) return new Set(here)
      const held = await leases.held(elsewhere).catch(() => new Set<string>())
      return new Set([...here, ...held])
    },

    async close(): Promise<void> {
      clearInterval(gatherTimer)
      clearInterval(renewTimer)
      await queue
    },
  }
}

export type Presence = ReturnType<typeof createPresence>
