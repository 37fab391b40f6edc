import type { Logger } from 'pino'
import type { Bus } from '../ports/bus.js'
import type { Store } from '../store/store.js'
import type { Rooms } from './rooms.js'

/** Chats of one look into Postgres. */
const SLICE = 1000
/** Chats that are caught up at once: a part of the connections to Postgres. */
const AT_ONCE = 4
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

  const timer = setInterval(() => void sweep(), intervalMs)
  const degradedTimer = setInterval(() => {
    if (!bus.up) void sweep()
  }, DEGRADED_MS)
  degradedTimer.unref()
  timer.unref()
  bus.onGap(() => void sweep())

  async function sweep(): Promise<void> {
    again = running
    if (running) return
    running = true
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
    const behind = positions.flatMap(([chatId, position]) => {
      const rev = revs.get(chatId)
      return rev !== undefined && rev > position ? [{ chatId, rev }] : []
    })
    const worker = async () => {
      for (let chat = behind.pop(); chat !== undefined; chat = behind.pop())
        await catchUp(chat.chatId, chat.rev)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
  }

  /** One chat that cannot be read does not keep the others waiting. */
  async function catchUp(chatId: string, rev: number): Promise<void> {
    try {
      await rooms.catchUp(chatId, rev)
    } catch (error) {
      logger.warn({ chatId, error }, 'a chat could not be caught up yet')
    }
  }

  return {
    close(): void {
      clearInterval(timer)
      clearInterval(degradedTimer)
    },
  }
}
