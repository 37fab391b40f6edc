import { ParleyError } from '../../protocol/errors.js'

export const STALLED = 'The upload has brought nothing for too long.'

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

/** What is waited for, or a `bad_request` with this message when it takes longer than that. */
export async function within<T>(ms: number, message: string, wanted: Promise<T>): Promise<T> {
  const { signal, clear } = timer(ms, message)
  try {
    return await orAborted(signal, wanted)
  } finally {
    clear()
  }
}

/** The next chunk of an upload. Its client breaking off is a `bad_request`, and so is silence, with this message. */
export async function nextChunk<T>(
  chunks: AsyncIterator<T>,
  idleMs: number,
  message: string,
): Promise<IteratorResult<T>> {
  try {
    return await within(idleMs, message, chunks.next())
  } catch (error) {
    throw error instanceof ParleyError ? error : new ParleyError('bad_request', 'The upload was broken off.')
  }
}

/** Aborted after that time, with a coded reason. */
export function timer(ms: number, message: string): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController()
  const timeout = setTimeout(() => controller.abort(new ParleyError('bad_request', message)), ms)
  return { signal: controller.signal, clear: () => clearTimeout(timeout) }
}
