import type { Estimate } from '../model/estimate.js'
import type { Plant } from '../options.js'
import { MESSAGES_OF_MEMBER } from '../service.js'
import { type Skew, simulateSkew } from './skew.js'

/** How uneven it gets with more shards and nodes, with livelier chats, and with a few very large ones. */
export interface SkewCase {
  readonly name: string
  readonly points: readonly { readonly shards: number; readonly skew: Skew }[]
}

/** Of both, to see them side by side. */
export const COUNTS = [2, 4, 8, 16, 32, 64]
const CHATS = 20_000
const BIG_MEMBERS = 1_000
/** One chat of a thousand members for each so many: as many members as are in all the small ones together. */
const BIG_SHARE = 1 / 500

const CASES = [
  { name: 'all chats alike', exponent: 0, bigShare: 0 },
  { name: 'Zipf 0.8', exponent: 0.8, bigShare: 0 },
  { name: 'Zipf 1.0', exponent: 1, bigShare: 0 },
  { name: 'Zipf 0.8, a chat of 500 has 1,000 members', exponent: 0.8, bigShare: BIG_SHARE },
]

export function skewsOf({ messages }: Estimate, { seed }: Plant): SkewCase[] {
  return CASES.map(({ name, exponent, bigShare }) => ({
    name,
    points: COUNTS.map((shards) => ({
      shards,
      skew: simulateSkew({
        ...{ chats: CHATS, bigShare, bigMembers: BIG_MEMBERS, messages, exponent },
        ...{ perMember: MESSAGES_OF_MEMBER, nodes: shards, shards, seed },
      }),
    })),
  }))
}
