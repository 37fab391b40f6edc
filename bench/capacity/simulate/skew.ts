import { createRandom } from '../../chaos/random.js'
import { numbers } from '../../load/worlds.js'

/**
 * Some chats are livelier than others, and a chat is on one shard of Redis: how much more does the busiest shard, or node,
 * get than the mean? The chats' activity follows Zipf's law, but nobody says more than a user is let.
 */
export interface SkewOptions {
  readonly chats: number
  /** The share of chats that have `bigMembers`; the others have two. */
  readonly bigShare: number
  readonly bigMembers: number
  /** Messages a second in all. */
  readonly messages: number
  /** 0: all chats alike. */
  readonly exponent: number
  /** The most that a member says a second (`PARLEY_RATE_MESSAGES`). */
  readonly perMember: number
  readonly nodes: number
  readonly shards: number
  readonly seed: number
}

export interface Skew {
  /** The busiest by the mean: publishes and their deliveries to nodes for shards, deliveries to sessions for nodes. */
  readonly hottestShard: number
  readonly hottestNode: number
  /** The share of all messages that the liveliest chat has. */
  readonly liveliest: number
}

const SLOTS = 16_384

export function simulateSkew(options: SkewOptions): Skew {
  const { chats, nodes, shards, messages } = options
  const random = createRandom(options.seed)
  const shardLoad = new Float64Array(shards)
  const nodeLoad = new Float64Array(nodes)
  const isBig = Array.from({ length: chats }, () => random.chance(options.bigShare))
  const membersOf = (chat: number) => (isBig[chat] === true ? options.bigMembers : 2)
  const rates = ratesOf(options, membersOf)
  const seen = new Int32Array(nodes).fill(-1)
  for (let chat = 0; chat < chats; chat++) {
    const rate = rates[chat] ?? 0
    let reached = 0
    for (let member = 0; member < membersOf(chat); member++) {
      const node = random.between(0, nodes - 1)
      nodeLoad[node] = (nodeLoad[node] ?? 0) + rate
      if (seen[node] !== chat) reached += 1
      seen[node] = chat
    }
    // Redis gives the slots to shards in stretches of the same length.
    const shard = Math.floor((slotOf(`parley:chat:chat-${options.seed}-${chat}`) * shards) / SLOTS)
    shardLoad[shard] = (shardLoad[shard] ?? 0) + rate * (1 + reached)
  }
  return {
    hottestShard: hottest(shardLoad),
    hottestNode: hottest(nodeLoad),
    liveliest: Math.max(...spread(rates)) / messages,
  }
}

/** By Zipf's law; what a chat cannot say by its limit the others say, in their proportions. */
function ratesOf({ chats, exponent, messages, perMember }: SkewOptions, membersOf: (chat: number) => number) {
  const weights = numbers(chats).map((chat) => (chat + 1) ** -exponent)
  const rates = new Float64Array(chats)
  let [left, free] = [messages, weights.reduce((sum, weight) => sum + weight, 0)]
  // The liveliest come first: once one is below its limit, so are nearly all after it.
  for (let chat = 0; chat < chats; chat++) {
    const weight = weights[chat] ?? 0
    const rate = Math.min((left * weight) / free, membersOf(chat) * perMember)
    rates[chat] = rate
    left -= rate
    free -= weight
  }
  return rates
}

function hottest(loads: Float64Array): number {
  const sum = loads.reduce((all, load) => all + load, 0)
  return sum === 0 ? 1 : Math.max(...loads) / (sum / loads.length)
}

/** The greatest of each stretch: a call with a hundred thousand arguments is too much for the engine. */
function spread(values: Float64Array): number[] {
  const most: number[] = []
  for (let start = 0; start < values.length; start += 1000)
    most.push(Math.max(...values.subarray(start, start + 1000)))
  return most
}

/** What a byte adds to a CRC16 (XMODEM). */
const CRC_OF_BYTE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)
  return crc
})

/** Redis Cluster's own: of that CRC of the key, one of 16,384. */
export function slotOf(key: string): number {
  let crc = 0
  for (let at = 0; at < key.length; at++)
    crc = ((crc << 8) & 0xffff) ^ (CRC_OF_BYTE[((crc >> 8) ^ key.charCodeAt(at)) & 0xff] ?? 0)
  return crc % SLOTS
}
