import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'

const TICK_MS = 100

/**
 * Waits for `work`, but not longer than that in the process' own time: one that was held up, for want of a processor
 * or by its own work, has not read what came meanwhile, and is not to take itself for a silent other side. However
 * long it was held up counts as one tick. @throws when it takes longer, or fails
 */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const done = new AbortController()
  try {
    return await Promise.race([work, tooLong(ms, done.signal)])
  } finally {
    done.abort()
  }
}

async function tooLong(ms: number, signal: AbortSignal): Promise<never> {
  for (let waited = 0; waited < ms; waited += TICK_MS)
    await delay(Math.min(TICK_MS, ms - waited), undefined, { signal })
  await nextTurn()
  throw new Error(`not done in ${ms} ms`)
}
