import { setTimeout as delay } from 'node:timers/promises'
import { encodePush } from '../protocol/codec.js'
import type { Hub } from './hub.js'
import type { Session } from './session.js'

/** The least time between two sessions that are sent away: a node with few of them ends soon. */
const PACE_MS = 50
const TICK_MS = 50
/** Sessions that are told in one tick. */
const BATCH = 500
/** A client that was to connect elsewhere by now is given this much more before it is closed. */
const GRACE_MS = 1000
/** Kept of the drain window for what comes after it: the last flushes, the sockets' own ends. */
const RESERVE_MS = 2000

interface Leaving {
  readonly session: Session
  /** When it is to connect elsewhere, from the beginning of the drain. */
  readonly atMs: number
}

/**
 * Sends all sessions away (P10), each at a moment of its own within the window, so that the other nodes see a steady
 * trickle of new connections. Every one is told at once when its moment is, in batches, and closed when it has passed.
 */
export async function drain(hub: Hub, windowMs: number): Promise<void> {
  const leaving = schedule([...hub.sessions()], windowMs - GRACE_MS - RESERVE_MS)
  const started = performance.now()
  let told = 0
  let closed = 0
  while (closed < leaving.length) {
    const elapsedMs = performance.now() - started
    for (const { session, atMs } of leaving.slice(told, told + BATCH))
      session.send(encodePush('goaway', { reconnectInMs: Math.max(0, Math.round(atMs - elapsedMs)) }))
    told += BATCH
    for (let next = leaving[closed]; next !== undefined && isDue(next, elapsedMs); next = leaving[closed]) {
      next.session.close('goingAway')
      closed += 1
    }
    await delay(TICK_MS)
  }
}

/** Evenly over the window, in an order that has nothing to do with the order in which they came. */
function schedule(sessions: readonly Session[], windowMs: number): Leaving[] {
  const spanMs = Math.max(0, Math.min(windowMs, sessions.length * PACE_MS))
  return sessions
    .map((session) => ({ session, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ session }, index) => ({ session, atMs: (spanMs * (index + 1)) / sessions.length }))
}

/** One that has left already holds up nothing. */
function isDue({ session, atMs }: Leaving, elapsedMs: number): boolean {
  return !session.isOpen || elapsedMs >= atMs + GRACE_MS
}
