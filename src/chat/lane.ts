import { DatabaseUnavailable } from '../ports/database.js'
import { ParleyError } from '../protocol/errors.js'

interface Waiting<Item, Result> {
  readonly item: Item
  readonly number: number
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** Instead of a result: the item comes again, with the next flush and before all others. */
export const LATER = Symbol('later')

export interface LaneOptions<Item, Result> {
  /** Commits or reads the items together; answers one result for each, in their order. */
  readonly flush: (items: readonly Item[]) => Promise<readonly (Result | typeof LATER)[]>
  /** Items of one flush at most. */
  readonly batch: number
  /** Items that may wait; more are refused. */
  readonly queue: number
}

/**
 * Group commit, and group reads: one flush is under way at a time, and what arrives meanwhile goes into the next
 * one. The first item starts a flush at once, there is no timer: a quiet service handles each item alone and
 * immediately, a busy one ever larger groups at nearly the same cost.
 */
export function createLane<Item, Result>({ flush, batch, queue }: LaneOptions<Item, Result>) {
  /** In the order of their numbers: what comes again comes first. */
  let waiting: Waiting<Item, Result>[] = []
  let isRunning = false
  let pushed = 0
  let drains: { readonly upTo: number; readonly resolve: () => void }[] = []

  async function run(): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      const group = waiting.slice(0, batch)
      waiting = waiting.slice(batch)
      const again = await settle(group)
      if (again.length > 0) waiting = [...again, ...waiting]
      tellDrains()
    }
    isRunning = false
  }

  /**
   * One bad item never fails its neighbours: a group that fails as a whole is tried one by one. With a database that
   * is away all fail that wait: their callers are told now, not when their turn comes. Answers those that come again.
   */
  async function settle(group: readonly Waiting<Item, Result>[]): Promise<Waiting<Item, Result>[]> {
    const again: Waiting<Item, Result>[] = []
    try {
      const results = await flush(group.map(({ item }) => item))
      for (const [index, one] of group.entries()) {
        const result = results[index]
        if (result === LATER) again.push(one)
        else if (result === undefined) one.reject(new ParleyError('internal'))
        else one.resolve(result)
      }
    } catch (error) {
      if (group.length > 1 && isItemsFault(error)) await settleOneByOne(group)
      else for (const { reject } of [...group, ...takeHopeless(error)]) reject(error)
    }
    return again
  }

  /** Each waits for the one before it, however often that comes again. */
  async function settleOneByOne(group: readonly Waiting<Item, Result>[]): Promise<void> {
    for (const one of group) for (let left = [one]; left.length > 0; left = await settle(left));
  }

  function tellDrains(): void {
    if (drains.length === 0) return
    const oldest = waiting[0]?.number ?? Number.POSITIVE_INFINITY
    for (const { upTo, resolve } of drains) if (upTo < oldest) resolve()
    drains = drains.filter(({ upTo }) => upTo >= oldest)
  }

  function takeHopeless(error: unknown): readonly Waiting<Item, Result>[] {
    if (!(error instanceof DatabaseUnavailable)) return []
    const hopeless = waiting
    waiting = []
    return hopeless
  }

  return {
    /** @throws ParleyError `overloaded` when too many wait already; whatever `flush` threw. */
    push(item: Item): Promise<Result> {
      if (waiting.length >= queue) return Promise.reject(new ParleyError('overloaded'))
      return new Promise((resolve, reject) => {
        waiting.push({ item, number: ++pushed, resolve, reject })
        if (!isRunning) void run()
      })
    },

    /** Items that wait for a flush; those of the one under way do not. */
    waiting: (): number => waiting.length,

    /** Resolves when everything pushed so far is settled; what is pushed meanwhile does not put it off. */
    async drain(): Promise<void> {
      if (!isRunning) return
      await new Promise<void>((resolve) => drains.push({ upTo: pushed, resolve }))
    },
  }
}

/** SQLSTATE classes 22 (data) and 23 (constraint): the database took offence at an item, not at the hour. */
function isItemsFault(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && /^2[23]/.test(error.code)
  )
}
