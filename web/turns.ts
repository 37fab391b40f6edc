export type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>

/** Runs at most so many at once, the others in the order in which they came. */
export const createTurns = (atOnce: number): InTurn => {
  let underWay = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (underWay >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
    else underWay += 1
    try {
      return await work()
    } finally {
      // A turn goes straight from one to the next, so that nobody comes in between.
      const next = waiting.shift()
      if (next) next()
      else underWay -= 1
    }
  }
}
