import { Readable } from 'node:stream'
import { UPLOAD_IDLE_MS } from '../../protocol/limits.js'
import { checkSize } from './admission.js'
import { nextChunk, STALLED } from './patience.js'

export interface Incoming {
  /** The first bytes, up to what was asked for. */
  readonly sample: Buffer
  /** True when the sample is all there is. */
  readonly isWhole: boolean
  /** All the bytes, the sample's included; fails with `too_large` as soon as there are too many. */
  readonly body: Readable
}

/**
 * Looks at the first bytes of a stream before anything is done with the rest. The source is the caller's to destroy
 * when it does not want the body.
 *
 * @throws ParleyError `bad_request` when the source fails, or brings nothing for too long
 */
export async function lookInto(source: Readable, sampleBytes: number, most: number): Promise<Incoming> {
  const chunks = withinPatience(source)
  const first: Buffer[] = []
  let bytes = 0
  let isWhole = false
  while (bytes < sampleBytes && !isWhole) {
    const next = await chunks.next()
    if (next.done === true) isWhole = true
    else {
      first.push(next.value)
      bytes += next.value.length
    }
  }
  const start = Buffer.concat(first)
  return {
    sample: start.subarray(0, sampleBytes),
    isWhole: isWhole && start.length <= sampleBytes,
    body: Readable.from(upTo(most, start, chunks), { objectMode: false }),
  }
}

async function* upTo(
  most: number,
  start: Buffer,
  rest: AsyncGenerator<Buffer, void>,
): AsyncGenerator<Buffer, void> {
  try {
    let bytes = start.length
    checkSize(bytes, most)
    if (bytes > 0) yield start
    for await (const chunk of rest) {
      bytes += chunk.length
      checkSize(bytes, most)
      yield chunk
    }
  } finally {
    await rest.return()
  }
}

/** The chunks of a source, which is destroyed when they are read no further, or when none comes for too long. */
async function* withinPatience(source: Readable): AsyncGenerator<Buffer, void> {
  const chunks = source[Symbol.asyncIterator]()
  // While somebody downstream takes their time it is not the source that is slow.
  const next = async () => await nextChunk(chunks, UPLOAD_IDLE_MS, STALLED)
  try {
    for (let one = await next(); one.done !== true; one = await next()) yield one.value
  } finally {
    source.destroy()
  }
}
