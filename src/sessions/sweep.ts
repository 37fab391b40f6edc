import type { Logger } from 'pino'
import type { Bus } from '../ports/bus.js'
import { levelOf } from '../ports/database.js'
import type { Store } from '../store/store.js'
import { eachOf } from './each-of.js'
import type { Endings } from './endings.js'
import type { Rooms } from './rooms.js'

/** Chats of one look into Postgres. */
const SLICE = 1000
/** Chats that are caught up at once; what they have missed is read together. */
const AT_ONCE = 100
/** While the bus is away the sweep is what carries events from node to node; and one that failed is tried again. */
const DEGRADED_MS = 1000
/** How soon it is noticed that the bus has gone away. */
const LOOK_MS = 200
/** When the bus is back here, other nodes are still on their way, and what they publish is lost. */
const SETTLING_MS = 2000

export interface SweepOptions {
  readonly store: Store
  readonly bus: Bus
  readonly rooms: Rooms
  readonly endings: Endings
  readonly intervalMs: number
  readonly logger: Logger
}

/**
 * Anti-entropy: the last event of a chat can be lost with nothing after it to show the hole. So every now and
 * then, and whenever the bus may have missed something, the streams of this node are compared with Postgres.
 *
 * A stream can also stand above Postgres: a restore, or a failover that lost commits, has taken the numbers back.
 * Then whoever sees it ends the epoch, and every node starts all of its chats over.
 */
export async function createSweep({ store, bus, rooms, endings, intervalMs, logger }: SweepOptions) {
  let epoch = await store.cluster.epoch()
  let running = false
  let again = false
  let failed = false
  let sweptAt = Number.NEGATIVE_INFINITY
  let awayAt = Number.NEGATIVE_INFINITY

  const timer = setInterval(() => void sweep(), intervalMs)
  const degradedTimer = setInterval(() => {
    const now = performance.now()
    const wasAway = now - awayAt < SETTLING_MS
    if (!bus.up) awayAt = now
    const isDue = (!bus.up || failed) && now - sweptAt >= DEGRADED_MS
    // At once when it goes away, and again and again when it has come back.
    if (bus.up === wasAway || isDue) void sweep()
  }, LOOK_MS)
  degradedTimer.unref()
  timer.unref()
  bus.onGap(() => {
    // It may have been away for less than a look.
    awayAt = performance.now()
    void sweep()
  })

  async function sweep(): Promise<void> {
    again = running
    if (running) return
    running = true
    sweptAt = performance.now()
    try {
      await endings.look()
      // Before the positions: what this epoch's numbers are compared with is not of an older one.
      await followEpoch()
      const positions = [...rooms.positions()]
      for (let start = 0; start < positions.length; start += SLICE)
        await compare(positions.slice(start, start + SLICE))
      failed = false
    } catch (error) {
      failed = true
      logger[levelOf(error)]({ error }, 'active chats could not be compared with the database')
    } finally {
      running = false
    }
    if (again) await sweep()
  }

  async function followEpoch(): Promise<void> {
    const found = await store.cluster.epoch()
    if (found === epoch) return
    logger.error('the database has lost commits: all chats start over')
    epoch = found
    rooms.startOver()
  }

  /** A position is read before Postgres is, which only moves on: one that is above it is of another time. */
  async function compare(positions: readonly (readonly [string, number])[]): Promise<void> {
    const revs = await store.chats.revs(positions.map(([chatId]) => chatId))
    const isBelow = positions.some(([chatId, position]) => (revs.get(chatId) ?? position) < position)
    if (isBelow) {
      await store.cluster.endEpoch(epoch)
      await followEpoch()
      return
    }
    const behind = positions.flatMap(([chatId, position]) => {
      const rev = revs.get(chatId)
      return rev !== undefined && rev > position ? [{ chatId, rev }] : []
    })
    await eachOf(behind, AT_ONCE, catchUp)
  }

  /** One chat that cannot be read does not keep the others waiting. */
  async function catchUp({ chatId, rev }: { chatId: string; rev: number }): Promise<void> {
    try {
      await rooms.catchUp(chatId, rev)
    } catch (error) {
      failed = true
      logger[levelOf(error)]({ chatId, error }, 'a chat could not be caught up yet')
    }
  }

  return {
    /** Something may have been committed that nobody was told of. */
    now(): void {
      void sweep()
    },

    close(): void {
      clearInterval(timer)
      clearInterval(degradedTimer)
    },
  }
}

export type Sweep = Awaited<ReturnType<typeof createSweep>>
