import type { Figures } from '../ports/figures.js'
import type { Rooms } from './rooms.js'
import type { Readers, Session } from './session.js'

/** How often it is looked how much waits. What a burst adds between two looks is within uWS' own limit. */
const LOOK_MS = 100

export interface SlowReadersOptions {
  readonly rooms: Rooms
  /** Bytes that may wait for one session. */
  readonly sessionBufferBytes: number
  /** Bytes that may wait for all sessions of the node together. */
  readonly bufferBytes: number
  readonly figures: Figures
}

/**
 * Sessions whose clients do not read as fast as they are sent to (P6). Only those are looked at that something was
 * sent to since the last look, or that had something waiting then: an idle session costs nothing.
 */
export function createSlowReaders({ rooms, sessionBufferBytes, bufferBytes, figures }: SlowReadersOptions) {
  const waiting = new Set<Session>()
  const timer = setInterval(look, LOOK_MS)
  timer.unref()

  function look(now = Date.now()): void {
    for (const room of rooms.takeFannedOut()) for (const session of room.sessions()) waiting.add(session)
    const backlogs: Backlog[] = []
    for (const session of waiting) {
      const bytes = session.checkBacklog(now)
      if (bytes > 0) backlogs.push({ session, bytes })
      else waiting.delete(session)
    }
    cutOffLargest(backlogs)
  }

  /** A thousand slow readers, each within its own budget, must not be more than the node has memory for. */
  function cutOffLargest(backlogs: Backlog[]): void {
    let total = backlogs.reduce((sum, { bytes }) => sum + bytes, 0)
    if (total <= bufferBytes) return
    for (const { session, bytes } of backlogs.sort((a, b) => b.bytes - a.bytes)) {
      if (total <= bufferBytes) return
      session.cutOff()
      figures.slowReaders.cut_off += 1
      total -= bytes
    }
  }

  return {
    bufferBytes: sessionBufferBytes,
    backlog(session: Session): void {
      waiting.add(session)
    },
    latched(session: Session): void {
      figures.slowReaders.latched += 1
      rooms.leaveAll(session)
      waiting.add(session)
    },
    close(): void {
      clearInterval(timer)
    },
  } satisfies Readers & { close(): void }
}

interface Backlog {
  readonly session: Session
  readonly bytes: number
}
