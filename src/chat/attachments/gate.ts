import { ParleyError } from '../../protocol/errors.js'
import type { Caller } from '../chats.js'
import { createTally } from '../tally.js'

export interface GateOptions {
  /** Under way on this node at most. */
  readonly most: number
  /** Of one user at most, the marketplace's backend aside: a slow sender must not keep everybody out. */
  readonly mostOfUser: number
}

/** Uploads under way, counted: those that pass through, and those that are looked at. */
export function createGate({ most, mostOfUser }: GateOptions) {
  const ofUser = createTally()
  let underWay = 0

  return {
    /** Does the work when there is room for it. @throws ParleyError `overloaded`, `rate_limited` when there is none */
    async pass<T>({ user, isService }: Caller, work: () => Promise<T>): Promise<T> {
      if (underWay >= most) throw new ParleyError('overloaded', 'Too many uploads at once. Try again.')
      if (ofUser.of(user.id) >= mostOfUser && !isService)
        throw new ParleyError('rate_limited', 'Too many uploads of yours at once. Try again.')
      underWay += 1
      ofUser.add(user.id)
      try {
        return await work()
      } finally {
        underWay -= 1
        ofUser.drop(user.id)
      }
    },
  }
}

export type Gate = ReturnType<typeof createGate>
