import { Redis } from 'ioredis'

/** Messages of one turn of the event loop: as many as a flush has. */
const BATCH = 200
const PAYLOAD = 'x'.repeat(300)
/** Batches that are on their way at most. */
const AT_ONCE = 8

/** Publishes to two subscribers until it is past `isOver`. Gives how many were heard by both. */
export async function publishToTwo(port: number, isOver: () => boolean): Promise<number> {
  const connect = (enableAutoPipelining: boolean) => new Redis({ port, enableAutoPipelining })
  const [publisher, subscribers] = [connect(true), [connect(false), connect(false)]]
  try {
    const heard = subscribers.map(() => 0)
    for (const [index, subscriber] of subscribers.entries()) {
      await subscriber.subscribe('limit')
      subscriber.on('messageBuffer', () => {
        heard[index] = (heard[index] ?? 0) + 1
      })
    }
    await Promise.all(Array.from({ length: AT_ONCE }, () => publishOn(publisher, isOver)))
    // Answered behind all that was published: by then everything has been heard.
    await Promise.all(subscribers.map((subscriber) => subscriber.ping()))
    return Math.min(...heard)
  } finally {
    for (const connection of [publisher, ...subscribers]) connection.disconnect()
  }
}

async function publishOn(publisher: Redis, isOver: () => boolean): Promise<void> {
  while (!isOver())
    await Promise.all(Array.from({ length: BATCH }, () => publisher.publish('limit', PAYLOAD)))
}
