import type { Hub } from './hub.js'

/** An expired token ends its session within a second (P8). */
const LOOK_MS = 500

/** Ends the sessions whose token has expired and those whose client is silent: one timer for all. */
export function createLifetimes(hub: Hub) {
  const timer = setInterval(look, LOOK_MS)
  timer.unref()

  function look(now = Date.now()): void {
    for (const session of hub.sessions()) {
      const reason = session.isOver(now)
      if (reason !== undefined) session.close(reason)
    }
  }

  return {
    close(): void {
      clearInterval(timer)
    },
  }
}
