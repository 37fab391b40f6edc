import { ParleyError } from '../../protocol/errors.js'

/** What is waited for, or the signal's reason as soon as that is aborted: some streams never say that they have ended. */
export async function orAborted<T>(signal: AbortSignal, wanted: Promise<T>): Promise<T> {
  signal.throwIfAborted()
  let stop = () => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([wanted, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
    // What comes too late is nobody's any more.
    wanted.catch(() => {})
  }
}

/** What is waited for, or a `bad_request` when it takes longer than that. */
export async function within<T>(ms: number, wanted: Promise<T>): Promise<T> {
  const { signal, clear } = timer(ms, 'The upload has brought nothing for too long.')
  try {
    return await orAborted(signal, wanted)
  } finally {
    clear()
  }
}

/** Aborted after that time, with a coded reason. */
export function timer(ms: number, message: string): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController()
  const timeout = setTimeout(() => controller.abort(new ParleyError('bad_request', message)), ms)
  return { signal: controller.signal, clear: () => clearTimeout(timeout) }
}
