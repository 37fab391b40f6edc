import type { TokenVerifier } from '../chat/tokens.js'
import type { Users } from '../chat/users.js'
import { ParleyError } from '../protocol/errors.js'
import type { User } from '../protocol/objects.js'
import { createClientAddress, type Origin } from './client-address.js'
import type { Rates } from './rates.js'

/** One who asks to begin a session. */
export interface Arrival extends Origin {
  readonly token: string | undefined
}

export interface Admitted {
  readonly user: User
  /** When the token expires. */
  readonly expiresAt: Date
}

/** @throws ParleyError `rate_limited`, `unauthenticated`, `token_expired`, `overloaded` */
export type Admit = (arrival: Arrival) => Promise<Admitted>

/**
 * Who may begin a session, the same for all doors. The address is counted before the token is looked at, or guessing
 * tokens would cost us more than those who guess; the user after it, or anybody could use up somebody else's rate.
 */
export function createAdmission(options: {
  readonly verifyToken: TokenVerifier
  readonly users: Users
  readonly rates: Rates
  readonly trustProxy: readonly string[] | undefined
}): Admit {
  const { verifyToken, users, rates, trustProxy } = options
  const addressOf = createClientAddress(trustProxy)

  return async ({ token, ...origin }) => {
    rates.connectsPerAddress.take(addressOf(origin))
    if (token === undefined) throw new ParleyError('unauthenticated')
    const identity = await verifyToken(token)
    rates.connects.take(identity.userId)
    return { user: await users.identify(identity), expiresAt: identity.expiresAt }
  }
}
