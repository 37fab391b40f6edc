import type { Redis } from 'ioredis'
import type { Bus } from '../ports/bus.js'

/** Channels of one SUBSCRIBE: a reconnect with many of them must not hold up Redis with one huge command. */
const SUBSCRIBE_CHUNK = 500

/**
 * The bus over Redis pub/sub: one connection publishes, one subscribes.
 *
 * The wanted channels are kept here and subscribed anew on every connect, so that a return of Redis ends in
 * exactly one `onGap`, called when all of them stand.
 */
export function createRedisBus(publisher: Redis, subscriber: Redis): Bus {
  const wanted = new Set<string>()
  /** Asked for within this turn; sent together. */
  let asked: { channel: string; resolve: () => void }[] = []
  let standing = false
  let gap: () => void = () => {}
  let deliver: (channel: string, payload: Buffer) => void = () => {}

  subscriber.on('messageBuffer', (channel: Buffer, payload: Buffer) => deliver(channel.toString(), payload))
  subscriber.on('ready', () => void resubscribe())
  subscriber.on('close', () => {
    standing = false
  })
  if (subscriber.status === 'ready') standing = true

  async function resubscribe(): Promise<void> {
    try {
      await subscribeAll([...wanted])
      standing = true
      gap()
    } catch {
      // The connection went away again: the next `ready` starts over. If it did not, make it.
      subscriber.disconnect(true)
    }
  }

  async function subscribeAll(channels: readonly string[]): Promise<void> {
    for (let start = 0; start < channels.length; start += SUBSCRIBE_CHUNK)
      await subscriber.subscribe(...channels.slice(start, start + SUBSCRIBE_CHUNK))
  }

  async function sendAsked(): Promise<void> {
    const batch = asked
    asked = []
    if (standing) {
      try {
        await subscribeAll(batch.map(({ channel }) => channel).filter((channel) => wanted.has(channel)))
      } catch {
        // Away, or too slow to be of use: a new connection subscribes whatever is wanted.
        if (subscriber.status === 'ready') subscriber.disconnect(true)
      }
    }
    for (const { resolve } of batch) resolve()
  }

  return {
    get up() {
      return standing && publisher.status === 'ready'
    },
    publish(channel, payload) {
      if (!this.up && wanted.has(channel)) setImmediate(() => deliver(channel, Buffer.from(payload)))
      if (publisher.status !== 'ready') return
      publisher.publish(channel, payload).catch(() => {
        // Lost, as any message of the bus may be: the sweep of active chats finds it in Postgres.
      })
    },
    subscribe(channel) {
      wanted.add(channel)
      return new Promise((resolve) => {
        asked.push({ channel, resolve })
        if (asked.length === 1) queueMicrotask(() => void sendAsked())
      })
    },
    unsubscribe(channel) {
      if (!wanted.delete(channel) || !standing) return
      subscriber.unsubscribe(channel).catch(() => {
        // Gone with the connection.
      })
    },
    onMessage(listener) {
      deliver = listener
    },
    onGap(listener) {
      gap = listener
    },
    async close() {
      wanted.clear()
      subscriber.disconnect()
      publisher.disconnect()
    },
  }
}
