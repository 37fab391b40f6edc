import { setTimeout as delay } from 'node:timers/promises'
import type { Bus } from '../ports/bus.js'
import type { RedisCluster } from './redis-cluster.js'
import type { RedisShard } from './redis-shard.js'
import { slotOf } from './redis-slots.js'
import { createSubscribing } from './redis-subscribing.js'

/** Between two looks at a cluster that is not whole: at first, and at most. */
const RETRY_MS = 50
const RETRY_MOST_MS = 400
const LOOK_MS = 2000
/** Values, two for each message, that are kept for where their slot has gone. */
const UNSENT_MOST = 10_000

export interface RedisClusterBusOptions {
  /** How long it may take to be there before one goes on without. */
  readonly patienceMs: number
  /** How often the slots are looked at though no server has told of anything. */
  readonly lookMs?: number
}

/**
 * The bus over sharded pub/sub of a Redis Cluster: a channel is in a slot as a key is, and a message goes through the
 * one master that has it.
 *
 * The wanted channels are kept here. Any trouble with any server ends `standing`: then who has which slot is asked
 * anew, and what does not stand is subscribed there, again and again until all stand at servers that are all there.
 * That ends in one `onGap`. Channels of servers that are well go on being served meanwhile.
 */
export async function createRedisClusterBus(
  cluster: RedisCluster,
  { patienceMs, lookMs = LOOK_MS }: RedisClusterBusOptions,
): Promise<Bus> {
  const wanted = new Map<string, number>()
  const subscribeSoon = createSubscribing(subscribeWanted, trouble)
  let unsent: string[] = []
  let standing = false
  let isRepairing = true
  let isTroubled = false
  let isClosed = false
  let gap: () => void = () => {}
  let deliver: (channel: string, payload: Buffer) => void = () => {}

  cluster.listen({
    message(channel, payload) {
      if (!isClosed) deliver(channel, payload)
    },
    trouble,
    unsent(values) {
      if (unsent.length < UNSENT_MOST) unsent.push(...values)
    },
  })
  const end = performance.now() + patienceMs
  while (!standing && performance.now() < end)
    standing = (await cluster.refresh()) || (await delay(RETRY_MS, false))
  isRepairing = false
  if (!standing) trouble()

  const look = setInterval(async () => {
    if (standing && (await cluster.hasChanged()) && standing) trouble()
  }, lookMs)
  look.unref()

  function slotOfChannel(channel: string): number {
    return wanted.get(channel) ?? slotOf(channel)
  }

  function trouble(): void {
    standing = false
    isTroubled = true
    void repair()
  }

  async function repair(): Promise<void> {
    if (isRepairing) return
    isRepairing = true
    for (let pauseMs = RETRY_MS; !isClosed; pauseMs = Math.min(2 * pauseMs, RETRY_MOST_MS)) {
      isTroubled = false
      const isWhole = await cluster.refresh(slotOfChannel)
      releaseStray()
      await subscribeAll(missing()).catch((error: unknown) => {
        cluster.complain(error)
        isTroubled = true
      })
      // All in one turn: what was asked for meanwhile stands too.
      if (isWhole && !isTroubled && missing().length === 0) break
      await delay(pauseMs * (0.5 + Math.random()))
    }
    isRepairing = false
    if (isClosed) return
    standing = true
    cluster.praise()
    sendUnsent()
    gap()
  }

  function missing(): string[] {
    const channels: string[] = []
    for (const [channel, slot] of wanted) if (!cluster.shardOf(slot)?.has(channel)) channels.push(channel)
    return channels
  }

  /** What nobody wants any more, and what a server still has of a slot that is another's now. */
  function releaseStray(): void {
    for (const shard of cluster.shards())
      for (const channel of [...shard.channels()]) {
        const slot = wanted.get(channel)
        if (slot === undefined || cluster.shardOf(slot) !== shard) shard.unsubscribe(channel)
      }
  }

  /** @throws when one of them does not stand; the others do all the same, where their servers are there */
  async function subscribeAll(channels: readonly string[]): Promise<void> {
    const slots = new Map<RedisShard, Map<number, string[]>>()
    for (const channel of channels) {
      const slot = slotOfChannel(channel)
      const shard = cluster.shardOf(slot)
      if (!shard?.isReady) continue
      const ofShard = slots.get(shard) ?? new Map<number, string[]>()
      const ofSlot = ofShard.get(slot)
      if (ofSlot === undefined) ofShard.set(slot, [channel])
      else ofSlot.push(channel)
      slots.set(shard, ofShard)
    }
    const done = await Promise.allSettled(
      [...slots].map(([shard, ofShard]) => shard.subscribe([...ofShard.values()])),
    )
    for (const one of done) if (one.status === 'rejected') throw one.reason
  }

  async function subscribeWanted(channels: readonly string[]): Promise<void> {
    if (standing) await subscribeAll(channels.filter((channel) => wanted.has(channel)))
  }

  /** Those that a server did not take any more, once: where their slot is now. */
  function sendUnsent(): void {
    const values = unsent
    unsent = []
    for (let at = 0; at < values.length; at += 2) {
      const [channel = '', payload = ''] = values.slice(at, at + 2)
      cluster.shardOf(slotOfChannel(channel))?.publish(channel, payload)
    }
  }

  return {
    get up() {
      return standing
    },
    publish(channel, payload) {
      const shard = cluster.shardOf(slotOfChannel(channel))
      if (wanted.has(channel) && !shard?.echoes(channel))
        setImmediate(() => deliver(channel, Buffer.from(payload)))
      shard?.publish(channel, payload)
    },
    subscribe(channel) {
      wanted.set(channel, slotOf(channel))
      return subscribeSoon(channel)
    },
    unsubscribe(channel) {
      const shard = cluster.shardOf(slotOfChannel(channel))
      if (wanted.delete(channel)) shard?.unsubscribe(channel)
    },
    onMessage(listener) {
      deliver = listener
    },
    onGap(listener) {
      gap = listener
    },
    async close() {
      isClosed = true
      standing = false
      clearInterval(look)
      wanted.clear()
      await cluster.close()
    },
  }
}
