/** Runs at most so many at once, the others in the order in which they came. */
export function createTurns(atOnce: number) {
  let underWay = 0
  const waiting: (() => void)[] = []

  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
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
