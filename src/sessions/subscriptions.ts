import { createTally } from '../chat/tally.js'
import type { Bus } from '../ports/bus.js'
import { createDeadlines } from './deadlines.js'

/** A channel is kept this long after its last user: reconnects and page changes do not come and go on the bus. */
const LINGER_MS = 5000

/** Channels of the bus by the number of their users on this node: the first subscribes, the last one frees it. */
export function createSubscriptions(bus: Bus) {
  const users = createTally()
  /** Channels that do not stand yet. */
  const coming = new Map<string, Promise<void>>()
  /** Channels without users. */
  const idle = createDeadlines<string>({
    withinMs: LINGER_MS,
    onLate(channel) {
      coming.delete(channel)
      bus.unsubscribe(channel)
    },
  })

  return {
    /** Resolves when the subscription stands, or at once while the bus is away. */
    async acquire(channel: string): Promise<void> {
      const isKept = idle.done(channel) || users.of(channel) > 0
      users.add(channel)
      if (!isKept) {
        const ready = bus.subscribe(channel).finally(() => {
          if (coming.get(channel) === ready) coming.delete(channel)
        })
        coming.set(channel, ready)
      }
      await coming.get(channel)
    },

    release(channel: string): void {
      if (users.drop(channel) === 0) idle.begin(channel)
    },

    close: idle.close,
  }
}

export type Subscriptions = ReturnType<typeof createSubscriptions>
