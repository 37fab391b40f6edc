import type { FastifyRequest } from 'fastify'

/** How long a refused client may go on sending before it is answered all the same, and after that. */
const LINGER_MS = 5000
const LAST_MS = 1000

/**
 * Before an upload is refused that has not been read to its end: what still comes is thrown away, for a while. A client
 * that is in the middle of sending when its connection is closed sees a broken connection in place of our answer.
 */
export async function discardRest({ raw }: FastifyRequest): Promise<void> {
  if (raw.readableEnded || raw.destroyed) return
  raw.unpipe()
  raw.resume()
  await new Promise<void>((resolve) => {
    const answer = setTimeout(resolve, LINGER_MS)
    const cutOff = setTimeout(() => raw.destroy(), LINGER_MS + LAST_MS)
    const done = () => {
      clearTimeout(answer)
      clearTimeout(cutOff)
      resolve()
    }
    raw.once('end', done)
    raw.once('close', done)
  })
}
