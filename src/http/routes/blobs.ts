import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { timer } from '../../chat/attachments/patience.js'
import type { BlobStore } from '../../ports/blob-store.js'
import { ParleyError } from '../../protocol/errors.js'
import { UPLOAD_IDLE_MS, UPLOAD_MS } from '../../protocol/limits.js'
import { BLOBS_PATH, verifyUrl } from '../../protocol/signed-url.js'
import { byteRange } from '../byte-range.js'
import { discardRest } from '../discard-rest.js'
import { checkLength, uploadBody } from '../upload-body.js'

export interface BlobRouteOptions {
  readonly blobs: BlobStore
  /** What the store signs its URLs with. */
  readonly secret: string
  /** Uploads under way at most. */
  readonly uploads: number
  /** How long a client may send nothing of an upload. */
  readonly stallMs?: number
}

const downloadParams = z.object({ type: z.string(), disposition: z.string() })
const uploadParams = z.object({ type: z.string(), size: z.coerce.number().int().nonnegative() })

/**
 * The blobs of a store that keeps them itself: what an S3 does by its own presigned URLs. The signature is the key,
 * so no token is asked for, and a URL that is not signed is `forbidden` whether there is such a blob or not.
 */
export const blobRoutes: FastifyPluginAsyncZod<BlobRouteOptions> = async (
  app,
  { blobs, secret, uploads, stallMs = UPLOAD_IDLE_MS },
) => {
  // Uploads are read as they come, of whatever type.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _body, done) => done(null))

  app.route({
    method: ['GET', 'HEAD'],
    url: `${BLOBS_PATH}*`,
    schema: { hide: true },
    handler: async ({ method, raw, headers }, reply) => {
      const { path, params, expiresAt } = verifyUrl(secret, 'GET', raw.url ?? '')
      const { type, disposition } = downloadParams.parse(params)
      const key = path.slice(BLOBS_PATH.length)
      const whole = await blobs.open(key)
      if (whole === undefined) throw new ParleyError('not_found')
      const { size, body } = whole
      // There is no validator that an `If-Range` could hold.
      const isRanged = method === 'GET' && headers['if-range'] === undefined
      const range = isRanged ? byteRange(headers.range, size) : undefined
      if (range !== undefined || method === 'HEAD') body.destroy()
      if (range === 'none') return reply.status(416).header('content-range', `bytes */${size}`).send()

      reply.headers(downloadHeaders(type, disposition, expiresAt))
      if (range === undefined)
        return reply.header('content-length', size).send(method === 'HEAD' ? undefined : body)
      const part = await blobs.open(key, range)
      if (part === undefined) throw new ParleyError('not_found')
      const { first, last } = range
      reply.headers({ 'content-range': `bytes ${first}-${last}/${size}`, 'content-length': last - first + 1 })
      return reply.status(206).send(part.body)
    },
  })

  const underWay = new Set<string>()

  app.put(`${BLOBS_PATH}*`, { schema: { hide: true } }, async (request, reply) => {
    const { raw, headers } = request
    try {
      const { path, params } = verifyUrl(secret, 'PUT', raw.url ?? '')
      const { type, size } = uploadParams.parse(params)
      const key = path.slice(BLOBS_PATH.length)
      checkLength(headers['content-length'], size)
      if (underWay.has(key)) throw new ParleyError('conflict', 'This upload is under way already.')
      if (underWay.size >= uploads)
        throw new ParleyError('overloaded', 'Too many uploads at once. Try again.')
      underWay.add(key)
      const { signal, clear } = timer(UPLOAD_MS, 'The upload has taken too long.')
      try {
        await blobs.put(key, uploadBody(raw, size, stallMs), { mime: type, signal })
      } finally {
        clear()
        underWay.delete(key)
      }
      return reply.status(204).send()
    } catch (error) {
      await discardRest(request)
      throw error
    }
  })
}

function downloadHeaders(type: string, disposition: string, expiresAt: Date): Record<string, string> {
  const seconds = Math.max(0, Math.floor((expiresAt.getTime() - Date.now()) / 1000))
  return {
    'accept-ranges': 'bytes',
    'cache-control': `private, max-age=${seconds}`,
    'content-disposition': disposition,
    'content-type': type,
    'cross-origin-resource-policy': 'cross-origin',
    // The URL is as good as the file.
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    // Browsers show no pdf in a sandbox; their viewers run no script of its own in our origin.
    ...(type === 'application/pdf' ? {} : { 'content-security-policy': "default-src 'none'; sandbox" }),
  }
}
