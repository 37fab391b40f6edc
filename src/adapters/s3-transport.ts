import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import https from 'node:https'
import { Readable } from 'node:stream'
import { BlobStoreUnavailable } from '../ports/blob-store.js'

/** How long a store may take, in milliseconds. */
export interface S3Patience {
  /** For the answer to a question, and for the next bytes of a blob that is read. */
  readonly answerMs: number
  /** For a request that changes something, such as a part of a blob that is sent or a copy that is made. */
  readonly changeMs: number
}

/** A kept connection is given up before a store does: a request must not meet its end. */
const AGENT = { keepAlive: true, timeout: 4000 }

type OnResponse = (response: IncomingMessage) => void

/**
 * The HTTP below minio's client, which has no deadlines of its own: a store that hangs fails its requests with a
 * BlobStoreUnavailable. So does one that answers 5xx or is busy: the client would ask again, and leave the first
 * answer unread.
 */
export function createS3Transport(isSecure: boolean, patience: S3Patience): Pick<typeof http, 'request'> {
  const { request } = isSecure ? https : http
  const agent = isSecure ? new https.Agent(AGENT) : new http.Agent(AGENT)

  function send(options: RequestOptions, onResponse: OnResponse): ClientRequest {
    const isRead = options.method === 'GET' || options.method === 'HEAD'
    const patienceMs = isRead ? patience.answerMs : patience.changeMs
    const asked = request({ ...options, agent })
    const timer = setTimeout(() => asked.destroy(tooSlow(patienceMs)), patienceMs)
    asked.once('close', () => clearTimeout(timer))
    asked.once('response', (response: IncomingMessage) => {
      const { statusCode = 0 } = response
      if (isAway(statusCode)) {
        asked.destroy(new BlobStoreUnavailable(`status ${statusCode}`))
        return
      }
      // A blob takes as long as its reader does: `watchBody` has an eye on the store.
      if (options.method === 'GET' && statusCode < 300) clearTimeout(timer)
      onResponse(response)
    })
    return asked
  }

  return {
    request(options: RequestOptions | string | URL, onResponse?: RequestOptions | OnResponse) {
      if (typeof options === 'string' || options instanceof URL || typeof onResponse !== 'function')
        throw new TypeError('minio calls this with options and a listener')
      return send(options, onResponse)
    },
  }
}

/** What a response brings; fails with a BlobStoreUnavailable when it breaks off, or when nothing comes for too long. */
export function watchBody(response: IncomingMessage, patienceMs: number): Readable {
  const chunks: AsyncIterator<unknown> = response[Symbol.asyncIterator]()

  /** The patience is for the store alone: a reader may take its time between two of these. */
  async function next(): Promise<IteratorResult<unknown>> {
    const timer = setTimeout(() => response.destroy(tooSlow(patienceMs)), patienceMs)
    try {
      return await chunks.next()
    } catch (error) {
      throw new BlobStoreUnavailable('a blob broke off', { cause: error })
    } finally {
      clearTimeout(timer)
    }
  }

  async function* read(): AsyncGenerator<unknown> {
    for (let one = await next(); !one.done; one = await next()) yield one.value
  }

  const body = Readable.from(read(), { objectMode: false })
  body.once('close', () => response.destroy())
  return body
}

function isAway(status: number): boolean {
  return (status >= 500 && status !== 501) || status === 429 || status === 408 || status === 499
}

function tooSlow(patienceMs: number): BlobStoreUnavailable {
  return new BlobStoreUnavailable(`no answer within ${patienceMs} ms`)
}
