const FIRST_MS = 500
const LONGEST_MS = 20_000

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/**
 * Full jitter: anything up to a bound that doubles with each attempt, so that clients which lost a node in the same
 * instant do not come back in the same instant.
 */
export function backoff(attempt: number): number {
  return Math.random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt)
}
