import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { nextChunk } from '../chat/attachments/patience.js'
import { ParleyError } from '../protocol/errors.js'

/**
 * The body of an upload that is to have this many bytes. Fails with a ParleyError: `too_large` as soon as there are
 * more, `bad_request` when there are fewer or when the client sends nothing for `stallMs`. The request itself is
 * left open, so that its client can still be answered.
 */
export function uploadBody(request: IncomingMessage, size: number, stallMs: number): Readable {
  const chunks: AsyncIterator<unknown> = request.iterator({ destroyOnReturn: false })

  // A client has to wait for a slow store: its patience counts only while we wait for the client.
  const next = async () => await nextChunk(chunks, stallMs, 'The upload has stopped.')

  async function* read(): AsyncGenerator<Buffer> {
    let arrived = 0
    try {
      for (let one = await next(); !one.done; one = await next()) {
        if (!Buffer.isBuffer(one.value)) throw new TypeError('a request brings bytes')
        arrived += one.value.length
        if (arrived > size) throw tooLarge()
        yield one.value
      }
      if (arrived < size) throw tooShort()
    } finally {
      // It lets go of the request, which is read no further here; one that has stopped may never let go.
      void chunks.return?.()
    }
  }

  return Readable.from(read(), { objectMode: false })
}

/** Refuses an upload by the length that its client says it has, before a byte is read. @throws ParleyError */
export function checkLength(contentLength: string | undefined, size: number): void {
  const length = contentLength === undefined ? size : Number(contentLength)
  if (length > size) throw tooLarge()
  if (length < size) throw tooShort()
}

function tooLarge(): ParleyError {
  return new ParleyError('too_large', 'The upload is larger than announced.')
}

function tooShort(): ParleyError {
  return new ParleyError('bad_request', 'The upload is shorter than announced.')
}
