import { ParleyError } from './errors.js'

/** @throws `aborted` as soon as the signal says so */
export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer)
      reject(aborted())
    }
    if (signal?.aborted) return abort()
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', abort, { once: true })
  })
}

export function aborted(): ParleyError {
  return new ParleyError({ code: 'aborted', message: 'This was given up.', temporary: false })
}

const FIRST_MS = 500
const LONGEST_MS = 20_000

/**
 * Full jitter: anything up to a bound that doubles with each attempt, so that clients which lost a node in the same
 * instant do not come back in the same instant.
 */
export function backoff(attempt: number): number {
  return Math.random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10))
}
