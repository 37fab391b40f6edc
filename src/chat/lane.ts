import { DatabaseUnavailable } from '../ports/database.js'
import { ParleyError } from '../protocol/errors.js'

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

export interface LaneOptions<Item, Result> {
  /** Commits or reads the items together; answers one result for each, in their order. */
  readonly flush: (items: readonly Item[]) => Promise<readonly Result[]>
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
  let waiting: Waiting<Item, Result>[] = []
  let isRunning = false
  /** The youngest item: items are settled in their order, so when it is, all before it are. */
  let last: Promise<Result> | undefined

  async function run(): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      const group = waiting.slice(0, batch)
      waiting = waiting.slice(batch)
      await settle(group)
    }
    isRunning = false
  }

  /**
   * One bad item never fails its neighbours: a group that fails as a whole is tried one by one. With a database that
   * is away all fail that wait: their callers are told now, not when their turn comes.
   */
  async function settle(group: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await flush(group.map(({ item }) => item))
      for (const [index, { resolve, reject }] of group.entries()) {
        const result = results[index]
        if (result === undefined) reject(new ParleyError('internal'))
        else resolve(result)
      }
    } catch (error) {
      if (group.length > 1 && isItemsFault(error)) for (const one of group) await settle([one])
      else for (const { reject } of [...group, ...takeHopeless(error)]) reject(error)
    }
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
      last = new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject })
        if (!isRunning) void run()
      })
      return last
    },

    /** Resolves when everything pushed so far is settled; what is pushed meanwhile does not put it off. */
    async drain(): Promise<void> {
      await last?.catch(() => {})
    },
  }
}

/** SQLSTATE classes 22 (data) and 23 (constraint): the database took offence at an item, not at the hour. */
function isItemsFault(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && /^2[23]/.test(error.code)
  )
}
