import type { Redis } from 'ioredis'
import type { Bus } from '../ports/bus.js'
import { createPublishing } from './redis-publishing.js'
import { createSubscribing } from './redis-subscribing.js'
import { watchForSilence } from './silence.js'

/** Channels of one SUBSCRIBE: a reconnect with many of them must not hold up Redis with one huge command. */
const SUBSCRIBE_CHUNK = 500
/** What a flush publishes goes as one command: each by itself costs this process several times as much as Redis. */
const PUBLISH_ALL = `for at = 1, #ARGV, 2 do redis.call('PUBLISH', ARGV[at], ARGV[at + 1]) end`

/**
 * The bus over Redis pub/sub: one connection publishes, one subscribes.
 *
 * The wanted channels are kept here and subscribed anew on every connect, so that a return of Redis ends in
 * exactly one `onGap`, called when all of them stand. `standing` is false from the loss until then.
 */
export function createRedisBus(publisher: Redis, subscriber: Redis): Bus {
  const wanted = new Set<string>()
  const publishSoon = createPublishing(publishAll)
  // Away, or too slow to be of use: a new connection subscribes whatever is wanted.
  const subscribeSoon = createSubscribing(subscribeWanted, reconnect)
  /** Messages that have come, and commands of `publishAll` that were answered: signs of life. */
  let [received, answered] = [0, 0]
  let standing = false
  let gap: () => void = () => {}
  let deliver: (channel: string, payload: Buffer) => void = () => {}

  subscriber.on('messageBuffer', (channel: Buffer, payload: Buffer) => {
    received += 1
    deliver(channel.toString(), payload)
  })
  subscriber.on('ready', () => void resubscribe())
  subscriber.on('close', () => {
    standing = false
  })
  if (subscriber.status === 'ready') standing = true

  /** What is asked for meanwhile is made too: in the turn in which nothing is missing any more, all stand. */
  async function resubscribe(): Promise<void> {
    const made = new Set<string>()
    try {
      for (let missing = [...wanted]; missing.length > 0; missing = [...wanted].filter(isMissing)) {
        await subscribeAll(missing)
        for (const channel of missing) made.add(channel)
      }
    } catch {
      // The connection went away again: the next `ready` starts over. If it did not, make it.
      reconnect()
      return
    }
    standing = true
    for (const channel of made) if (!wanted.has(channel)) release(channel)
    gap()

    function isMissing(channel: string): boolean {
      return !made.has(channel)
    }
  }

  function reconnect(): void {
    standing = false
    for (const connection of [subscriber, publisher])
      if (connection.status === 'ready') connection.disconnect(true)
  }

  const endWatch = watchForSilence(
    [
      { ping: () => subscriber.ping(), signs: () => received },
      { ping: () => publisher.ping(), signs: () => answered },
    ],
    () => standing && publisher.status === 'ready',
    () => {
      if (standing) reconnect()
    },
  )

  function release(channel: string): void {
    subscriber.unsubscribe(channel).catch(() => {
      // Gone with the connection.
    })
  }

  async function subscribeAll(channels: readonly string[]): Promise<void> {
    for (let start = 0; start < channels.length; start += SUBSCRIBE_CHUNK)
      await subscriber.subscribe(...channels.slice(start, start + SUBSCRIBE_CHUNK))
  }

  async function publishAll(values: readonly string[]): Promise<void> {
    const [channel, payload] = values
    if (values.length === 2 && channel !== undefined && payload !== undefined)
      await publisher.publish(channel, payload)
    else await publisher.eval(PUBLISH_ALL, 0, ...values)
    answered += 1
  }

  async function subscribeWanted(channels: readonly string[]): Promise<void> {
    if (standing) await subscribeAll(channels.filter((channel) => wanted.has(channel)))
  }

  return {
    get up() {
      return standing && publisher.status === 'ready'
    },
    publish(channel, payload) {
      if (!this.up && wanted.has(channel)) setImmediate(() => deliver(channel, Buffer.from(payload)))
      if (publisher.status === 'ready') publishSoon(channel, payload)
    },
    subscribe(channel) {
      wanted.add(channel)
      return subscribeSoon(channel)
    },
    unsubscribe(channel) {
      if (wanted.delete(channel) && standing) release(channel)
    },
    onMessage(listener) {
      deliver = listener
    },
    onGap(listener) {
      gap = listener
    },
    async close() {
      endWatch()
      wanted.clear()
      subscriber.disconnect()
      // What was published last is still on its way out.
      if (publisher.status === 'ready') await publisher.quit().catch(() => {})
      publisher.disconnect()
    },
  }
}
