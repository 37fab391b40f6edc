import { createTokenBuckets, type TokenBuckets } from './token-buckets.js'

/** Per second; 0: no limit. */
export interface RateLimits {
  readonly messages: number
  readonly joins: number
  readonly typing: number
  readonly connects: number
  readonly connectsPerAddress: number
}

export const NO_LIMITS: RateLimits = { messages: 0, joins: 0, typing: 0, connects: 0, connectsPerAddress: 0 }

/** How fast one may go at this node (CONTRACT.md section 2): per user, connects per address too. */
export type Rates = { readonly [Name in keyof RateLimits]: TokenBuckets }

export function createRates(limits: RateLimits): Rates {
  return {
    messages: createTokenBuckets(limits.messages),
    joins: createTokenBuckets(limits.joins),
    typing: createTokenBuckets(limits.typing),
    connects: createTokenBuckets(limits.connects),
    connectsPerAddress: createTokenBuckets(limits.connectsPerAddress),
  }
}
