import type { Logger } from 'pino'
import type { Bus } from '../ports/bus.js'
import type { Store } from '../store/store.js'
import type { Rooms } from './rooms.js'

/** Chats of one look into Postgres. */
const SLICE = 1000
/** While the bus is away the sweep is what carries events from node to node. */
const DEGRADED_MS = 1000

/**
 * Anti-entropy: the last event of a chat can be lost with nothing after it to show the hole. So every now and
 * then, and whenever the bus may have missed something, the streams of this node are compared with Postgres.
 */
export function createSweep(options: {
  readonly store: Store
  readonly bus: Bus
  readonly rooms: Rooms
  readonly intervalMs: number
  readonly logger: Logger
}) {
  const { store, bus, rooms, intervalMs, logger } = options
  let running = false
  let again = false
  let sweptAt = Date.now()

  const timer = setInterval(
    () => {
      if (!bus.up || Date.now() - sweptAt >= intervalMs) void sweep()
    },
    Math.min(intervalMs, DEGRADED_MS),
  )
  timer.unref()
  bus.onGap(() => void sweep())

  async function sweep(): Promise<void> {
    again = running
    if (running) return
    running = true
    sweptAt = Date.now()
    try {
      const positions = [...rooms.positions()]
      for (let start = 0; start < positions.length; start += SLICE)
        await compare(positions.slice(start, start + SLICE))
    } catch (error) {
      logger.warn({ error }, 'active chats could not be compared with the database')
    } finally {
      running = false
    }
    if (again) await sweep()
  }

  async function compare(positions: readonly (readonly [string, number])[]): Promise<void> {
    const revs = await store.chats.revs(positions.map(([chatId]) => chatId))
    for (const [chatId, position] of positions) {
      const rev = revs.get(chatId)
      if (rev !== undefined && rev > position) await rooms.catchUp(chatId, rev)
    }
  }

  return {
    close(): void {
      clearInterval(timer)
    },
  }
}
