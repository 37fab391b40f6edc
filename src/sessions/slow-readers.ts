import type { Rooms } from './rooms.js'
import type { Readers, Session } from './session.js'

/** How often it is looked how much waits. What a burst adds between two looks is within uWS' own limit. */
const LOOK_MS = 100

/**
 * Sessions whose clients do not read as fast as they are sent to (P6). Only those are looked at that something was
 * sent to since the last look, or that had something waiting then: an idle session costs nothing.
 */
export function createSlowReaders({ rooms, bufferBytes }: { rooms: Rooms; bufferBytes: number }) {
  const waiting = new Set<Session>()
  const timer = setInterval(look, LOOK_MS)
  timer.unref()

  function look(now = Date.now()): void {
    for (const room of rooms.takeDelivered()) for (const session of room.sessions()) waiting.add(session)
    for (const session of waiting) if (!session.checkBacklog(now)) waiting.delete(session)
  }

  return {
    bufferBytes,
    backlog(session: Session): void {
      waiting.add(session)
    },
    latched(session: Session): void {
      rooms.leaveAll(session)
      waiting.add(session)
    },
    close(): void {
      clearInterval(timer)
    },
  } satisfies Readers & { close(): void }
}
