interface Waiting {
  readonly since: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

interface TurnsOptions {
  /** How many have their turn at once. */
  readonly atOnce: number
  /** How many may wait for it. */
  readonly line: number
  /** What those are told who are refused. */
  readonly refusal: (reason: string) => Error
}

/** So many at once; others wait for their turn, in the order in which they came, in a line that has an end. */
export function createTurns({ atOnce, line, refusal }: TurnsOptions) {
  let free = atOnce
  const waiting: Waiting[] = []

  return {
    /** Resolves when it is one's turn. @throws the refusal */
    async take(): Promise<void> {
      if (free > 0) {
        free -= 1
        return
      }
      if (waiting.length >= line) throw refusal('too many wait for a connection')
      await new Promise<void>((resolve, reject) =>
        waiting.push({ since: performance.now(), resolve, reject }),
      )
    },

    /** One's turn is over. */
    give(): void {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next.resolve()
    },

    /** Refuses those who wait; only those who came before that moment, if one is given. */
    refuse(reason: string, before = Number.POSITIVE_INFINITY): void {
      const kept = waiting.findIndex(({ since }) => since >= before)
      for (const { reject } of waiting.splice(0, kept < 0 ? waiting.length : kept)) reject(refusal(reason))
    },
  }
}
