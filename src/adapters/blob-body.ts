import type { Readable } from 'node:stream'

/**
 * The bytes of a blob on their way into a store, as the stream brings them. Fails with the stream's own error, or
 * with the signal's reason as soon as that is aborted, also while nothing comes.
 */
export function readBody(body: Readable, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  // It may fail before anybody reads, and is still to fail the reader alone.
  body.on('error', () => {})
  return read(body, signal)
}

async function* read(body: Readable, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  const stop = () => body.destroy()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    signal?.throwIfAborted()
    const chunks: AsyncIterable<unknown> = body
    for await (const chunk of chunks) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('a blob is made of bytes')
      yield chunk
    }
    signal?.throwIfAborted()
  } catch (error) {
    // A stream that was stopped says no more than that it ended too early.
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}
