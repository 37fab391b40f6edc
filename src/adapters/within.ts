import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'

/**
 * Waits for `work`, but not longer than that. A process that was busy itself has not read yet what came meanwhile: it
 * gets a turn to do so. @throws when it takes longer, or fails
 */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController()
  const tooLong = delay(ms, undefined, { signal: timer.signal })
    .then(async () => await nextTurn())
    .then(() => {
      throw new Error(`not done in ${ms} ms`)
    })
  try {
    await Promise.race([work, tooLong])
  } finally {
    timer.abort()
  }
}
