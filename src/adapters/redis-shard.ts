import type { Redis } from 'ioredis'
import type { RedisAddress } from './redis-access.js'
import { untilReady } from './redis-client.js'
import { createPublishing } from './redis-publishing.js'
import { nameOf, readSlots, type SlotView } from './redis-slots.js'
import { ANSWER_MS, watchForSilence } from './silence.js'
import { within } from './within.js'

/**
 * What a flush publishes to one server goes as one command, as in bus-redis.ts. A script without keys may name channels
 * of several slots; those that are not here any more are answered, and the others go out.
 */
const PUBLISH_ALL = `local unsent = {}
for at = 1, #ARGV, 2 do
  local answer = redis.pcall('SPUBLISH', ARGV[at], ARGV[at + 1])
  if type(answer) == 'table' and answer.err then table.insert(unsent, at) end
end
return unsent`
/** Channels whose SSUBSCRIBE is under way at once. */
const SUBSCRIBE_CHUNK = 500

export interface RedisShardOptions {
  readonly address: RedisAddress
  readonly publisher: Redis
  readonly subscriber: Redis
  readonly deliver: (channel: string, payload: Buffer) => void
  /** It may have lost subscriptions, or knows that others are elsewhere now. */
  readonly onTrouble: () => void
  /** Channels and payloads by turns. Told together with a trouble. */
  readonly onUnsent: (values: readonly string[]) => void
}

/**
 * One master of a cluster: a connection that publishes and sends commands, and one that subscribes.
 *
 * A server that gives a slot away tells its subscribers so by an `sunsubscribe` that nobody has asked for. ioredis has no
 * event for it: it takes it for the answer to whatever is under way, so that in the end there is one answer too many,
 * which it reports as an error; pings see to it that the end comes soon. So after any error the server itself is asked
 * which slots it still has, and the channels of the others are taken as gone. For a refused SSUBSCRIBE ioredis has the
 * event `moved`, and never answers the command.
 */
export function createRedisShard({
  address,
  publisher,
  subscriber,
  deliver,
  onTrouble,
  onUnsent,
}: RedisShardOptions) {
  const name = nameOf(address)
  /** Channels that were subscribed here, and whether Redis has said that they are. */
  const channels = new Map<string, boolean>()
  const publishSoon = createPublishing(publishAll)
  /** Messages that have come, and commands of `send` that were answered: signs of life. */
  let [received, answered] = [0, 0]
  let isDoubtful = false
  let isClosed = false
  let doubt = createDoubt()

  subscriber.on('smessageBuffer', (channel: Buffer, payload: Buffer) => {
    received += 1
    deliver(channel.toString(), payload)
  })
  subscriber.on('error', suspect)
  subscriber.on('moved', suspect)
  for (const connection of [subscriber, publisher]) connection.on('close', lose)

  /** With what is under way given up: who waits for it does not know what became of it. */
  function suspect(): void {
    if (isClosed) return
    isDoubtful = true
    doubt.raise()
    doubt = createDoubt()
    onTrouble()
  }

  function lose(): void {
    if (subscriber.status !== 'ready') channels.clear()
    suspect()
  }

  function isReady(): boolean {
    return publisher.status === 'ready' && subscriber.status === 'ready'
  }

  const endWatch = watchForSilence(
    [
      // A ping with a payload, which ioredis takes any answer for.
      { ping: () => subscriber.ping('watch'), signs: () => received },
      { ping: () => publisher.ping(), signs: () => answered },
    ],
    isReady,
    () => {
      if (isClosed || !isReady()) return
      channels.clear()
      for (const connection of [subscriber, publisher]) connection.disconnect(true)
      suspect()
    },
  )

  async function askSlots(): Promise<SlotView> {
    return readSlots(await publisher.cluster('SLOTS'), address.host)
  }

  /** @throws when the server does not say which slots it has, or another doubt comes up */
  async function settle(slotOfChannel: (channel: string) => number): Promise<void> {
    if (!isDoubtful) return
    isDoubtful = false
    try {
      // Behind what is under way: an answer too many shows itself.
      await subscriber.ping('settle')
      const view = await askSlots()
      for (const channel of channels.keys())
        if (view.ownerOf(slotOfChannel(channel)) !== name) channels.delete(channel)
    } catch (error) {
      isDoubtful = true
      throw error
    }
  }

  /** @param slots channels of one slot each: a command may have no others. @throws when they do not stand */
  async function subscribe(slots: readonly (readonly string[])[]): Promise<void> {
    for (let at = 0; at < slots.length; ) {
      const chunk: Promise<void>[] = []
      for (let size = 0; at < slots.length && size < SUBSCRIBE_CHUNK; at += 1) {
        const names = slots[at] ?? []
        size += names.length
        chunk.push(subscribeSlot(names))
      }
      await Promise.all(chunk)
    }
  }

  async function subscribeSlot(names: readonly string[]): Promise<void> {
    const raised = doubt.raised
    for (const channel of names) channels.set(channel, false)
    try {
      const standing = subscriber.ssubscribe(...names)
      standing.catch(() => {})
      await Promise.race([standing, raised])
    } catch (error) {
      for (const channel of names) if (channels.get(channel) === false) channels.delete(channel)
      throw error
    }
    for (const channel of names) if (channels.has(channel)) channels.set(channel, true)
  }

  async function publishAll(values: readonly string[]): Promise<void> {
    const unsent = await send(values)
    if (unsent.length === 0) return
    onUnsent(unsent)
    onTrouble()
  }

  /** Gives those that are not for this server any more. */
  async function send(values: readonly string[]): Promise<readonly string[]> {
    const [channel, payload] = values
    if (values.length === 2 && channel !== undefined && payload !== undefined) {
      const isSent = await publisher.spublish(channel, payload).then(
        () => true,
        (error: Error) => {
          if (/^(MOVED|CLUSTERDOWN)\b/.test(error.message)) return false
          throw error
        },
      )
      answered += 1
      return isSent ? [] : values
    }
    const unsent = await publisher.eval(PUBLISH_ALL, 0, ...values)
    answered += 1
    if (!Array.isArray(unsent)) return []
    return unsent.map(Number).flatMap((at) => values.slice(at - 1, at + 1))
  }

  return {
    address,
    /** For commands. */
    publisher,
    get isReady() {
      return isReady()
    },
    get isDoubtful() {
      return isDoubtful
    },
    /** Resolves when it is, or after `patienceMs`. */
    untilReady: async (patienceMs: number): Promise<void> => {
      await Promise.all([publisher, subscriber].map((connection) => untilReady(connection, patienceMs)))
    },
    channels: () => channels.keys(),
    has: (channel: string) => channels.has(channel),
    /** What is published reaches this node too. */
    echoes: (channel: string) => isReady() && channels.get(channel) === true,
    askSlots,
    settle,
    subscribe,
    unsubscribe(channel: string): void {
      if (!channels.delete(channel)) return
      subscriber.sunsubscribe(channel).catch(() => {
        // Gone with the connection, or with its slot.
      })
    },
    publish(channel: string, payload: string): void {
      if (publisher.status === 'ready') publishSoon(channel, payload)
    },
    async close(): Promise<void> {
      isClosed = true
      endWatch()
      doubt.raise()
      subscriber.disconnect()
      // What was published last is still on its way out.
      if (publisher.status === 'ready') await within(ANSWER_MS, publisher.quit()).catch(() => {})
      publisher.disconnect()
    },
  }
}

export type RedisShard = ReturnType<typeof createRedisShard>

function createDoubt() {
  let raise: () => void = () => {}
  const raised = new Promise<never>((_, reject) => {
    raise = () => reject(new Error('a subscription may not stand'))
  })
  raised.catch(() => {})
  return { raised, raise }
}
