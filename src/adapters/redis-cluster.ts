import { Redis } from 'ioredis'
import type { Logger } from 'pino'
import { optionsOf, type RedisAccess, type RedisAddress } from './redis-access.js'
import { createRedisClient } from './redis-client.js'
import type { RedisCommands } from './redis-commands.js'
import { createRedisShard, type RedisShard } from './redis-shard.js'
import { nameOf, readSlots, SLOTS, type SlotView, slotOf } from './redis-slots.js'
import { within } from './within.js'

/** Servers that are asked at once where the slots are. */
const ASKED = 3
const ASKED_ANEW = 8
const ANSWER_MS = 1000
/** How long a server that has been told of may take to be there before one looks again who has its slots. */
const READY_MS = 500

export interface ClusterListeners {
  message(channel: string, payload: Buffer): void
  trouble(): void
  unsent(values: readonly string[]): void
}

/**
 * The masters of a Redis Cluster and who of them has which slot, known anew with every `refresh`.
 *
 * ioredis' own cluster client is not used: it has no word for a subscription that was lost with its slot, or that could
 * not be made again.
 */
export function createRedisCluster(access: RedisAccess, logger: Logger) {
  const shards = new Map<string, RedisShard>()
  const named = access.addresses.map((address) => [nameOf(address), address] as const)
  /** Those that were named, and all that are a part of it: one of them will know the others. */
  let known = new Map<string, RedisAddress>(named)
  let hasComplained = false
  let view: SlotView | undefined
  let listeners: ClusterListeners = { message() {}, trouble() {}, unsent() {} }
  let isClosed = false

  function shardOf(slot: number): RedisShard | undefined {
    return shards.get(view?.ownerOf(slot) ?? '')
  }

  /** As one of the servers that answer first sees it. @throws when none does */
  async function findView(): Promise<SlotView> {
    const ready = shuffled([...shards.values()].filter(({ isReady }) => isReady)).slice(0, ASKED)
    let found: SlotView | undefined
    const find = async (asked: Promise<SlotView>[]): Promise<void> => {
      const first = Promise.any(asked).then((answer) => {
        found ??= answer
      })
      await within(ANSWER_MS, first).catch(() => {})
    }
    await find(ready.map((shard) => shard.askSlots()))
    if (found === undefined)
      await find(
        shuffled([...known.values()])
          .slice(0, ASKED_ANEW)
          .map(askAnew),
      )
    if (found === undefined) throw new Error('no server of the cluster says who has which slot')
    return found
  }

  /** One that there is no connection to. */
  async function askAnew(address: RedisAddress): Promise<SlotView> {
    const connection = new Redis({
      ...optionsOf(access, address),
      ...{ lazyConnect: true, enableReadyCheck: false, disableClientInfo: true, retryStrategy: () => null },
      ...{ connectTimeout: ANSWER_MS, commandTimeout: ANSWER_MS },
    })
    connection.on('error', () => {})
    try {
      await connection.connect()
      return readSlots(await connection.cluster('SLOTS'), address.host)
    } finally {
      connection.disconnect()
    }
  }

  function open(address: RedisAddress): RedisShard {
    return createRedisShard({
      address,
      publisher: createRedisClient(access, 'publisher', logger, address),
      subscriber: createRedisClient(access, 'subscriber', logger, address),
      deliver: (channel, payload) => listeners.message(channel, payload),
      onTrouble: () => listeners.trouble(),
      onUnsent: (values) => listeners.unsent(values),
    })
  }

  function follow(next: SlotView): void {
    view = next
    known = new Map([...named, ...next.servers])
    for (const [name, shard] of shards)
      if (!next.masters.has(name)) {
        shards.delete(name)
        void shard.close()
      }
    for (const [name, address] of next.masters) if (!shards.has(name)) shards.set(name, open(address))
  }

  /** Looks who has which slot. Gives whether all slots have a master that is there, with no doubt about any. */
  async function refresh(slotOfChannel: (channel: string) => number = slotOf): Promise<boolean> {
    try {
      const next = await findView()
      if (isClosed) return false
      follow(next)
      await Promise.all([...shards.values()].map((shard) => shard.untilReady(READY_MS)))
      await Promise.all(
        [...shards.values()].filter(({ isReady }) => isReady).map((one) => one.settle(slotOfChannel)),
      )
    } catch (error) {
      complain(error)
      return false
    }
    return view?.isWhole === true && [...shards.values()].every((shard) => shard.isReady && !shard.isDoubtful)
  }

  /** Once, until it is whole again. */
  function complain(error: unknown): void {
    if (!hasComplained) logger.warn({ error }, 'the redis cluster is not whole')
    hasComplained = true
  }

  /** A command for the server that has this key; one for a slot that has just gone elsewhere fails, as when it is away. */
  async function run<Answer>(key: unknown, command: (connection: Redis) => Promise<Answer>): Promise<Answer> {
    const shard = shardOf(slotOf(String(key)))
    if (shard === undefined) throw new Error('no server has the slot of this key')
    try {
      return await command(shard.publisher)
    } catch (error) {
      if (error instanceof Error && /^(MOVED|READONLY)\b/.test(error.message)) listeners.trouble()
      throw error
    }
  }

  const commands: RedisCommands = {
    eval: (script, count, ...rest) => run(rest[0], (redis) => redis.eval(script, count, ...rest)),
    smembers: (key) => run(key, (redis) => redis.smembers(key)),
    pexpire: (key, milliseconds) => run(key, (redis) => redis.pexpire(key, milliseconds)),
    zrem: (key, member) => run(key, (redis) => redis.zrem(key, member)),
  }

  return {
    commands,
    shardOf,
    shards: () => shards.values(),
    refresh,
    complain,
    /** It is whole, and all stands. */
    praise(): void {
      hasComplained = false
    },
    /** Whether one of the servers now sees it otherwise, or none of them answers. */
    async hasChanged(): Promise<boolean> {
      const now = await findView().catch(() => undefined)
      if (now === undefined || view === undefined) return true
      for (let slot = 0; slot < SLOTS; slot += 1) if (now.ownerOf(slot) !== view.ownerOf(slot)) return true
      return false
    },
    listen(given: ClusterListeners): void {
      listeners = given
    },
    async close(): Promise<void> {
      isClosed = true
      await Promise.all([...shards.values()].map((shard) => shard.close()))
      shards.clear()
    },
  }
}

export type RedisCluster = ReturnType<typeof createRedisCluster>

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
