import { setTimeout as delay } from 'node:timers/promises'

/** After each step so many times as long is rested: such work takes a fifth of one connection at most. */
const REST = 4

export type Run = ReturnType<ReturnType<typeof createPace>['begin']>

/**
 * Work in the background that has all the time in the world: in short steps with pauses between them, and not for
 * longer than `budgetMs` at a time. What is left then is for the next run, on whichever node.
 */
export function createPace(budgetMs: number) {
  const stopping = new AbortController()

  return {
    begin() {
      const began = performance.now()
      return {
        get isOver(): boolean {
          return stopping.signal.aborted || performance.now() - began > budgetMs
        },

        async step<T>(work: () => Promise<T>): Promise<T> {
          const start = performance.now()
          const result = await work()
          const tookMs = performance.now() - start
          await delay(tookMs * REST, undefined, { signal: stopping.signal }).catch(() => {})
          return result
        },
      }
    },

    /** Runs under way are over with the step that they are at, those that begin later at once. */
    stop(): void {
      stopping.abort()
    },
  }
}
