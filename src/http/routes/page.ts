import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { ParleyError } from '../../protocol/errors.js'
import { cleanText, fullName, id } from '../../protocol/text.js'
import { contentSecurityPolicy } from '../content-security-policy.js'

const PAGE_FILES = fileURLToPath(new URL('../../../dist/web/', import.meta.url))
/** Named by their content: what is once there under a name never changes. */
const HASHED_FILES = join(PAGE_FILES, 'assets/')
const IMMUTABLE = 'public, max-age=31536000, immutable'

export interface PageOptions {
  readonly wsPort: () => number
  /** Signs a token for the page; undefined where a stranger might ask for one. */
  readonly signToken:
    | ((user: { sub: string; fullName: string; scope?: string | undefined }) => string)
    | undefined
  /** Where blobs are fetched from when that is not this server: the origin of an S3's public endpoint. */
  readonly blobOrigin?: string | undefined
}

/** The first page, in embedded mode: two people and an order, and tokens for them. */
export const pageRoutes: FastifyPluginAsyncZod<PageOptions> = async (
  app,
  { wsPort, signToken, blobOrigin },
) => {
  if (existsSync(PAGE_FILES))
    await app.register(fastifyStatic, {
      root: PAGE_FILES,
      setHeaders: (response, path) => {
        response.header('cache-control', path.startsWith(HASHED_FILES) ? IMMUTABLE : 'no-cache')
        response.header('content-security-policy', policyOf(wsPort(), blobOrigin))
        response.header('x-content-type-options', 'nosniff')
      },
    })

  app.get('/config.json', { schema: { hide: true } }, async () => ({ wsPort: wsPort() }))

  app.post(
    '/dev/token',
    {
      schema: {
        hide: true,
        body: z.object({ sub: id, fullName, scope: cleanText.pipe(z.string().max(200)).optional() }),
        response: { 200: z.object({ token: z.string() }) },
      },
      // Before the body is looked at: to a stranger there is no such route.
      onRequest: async (request) => {
        const { host, origin } = request.headers
        const isLocal = isLoopbackHost(host) && (origin === undefined || isLoopbackOrigin(origin))
        if (signToken === undefined || !isLocal) throw new ParleyError('not_found', 'There is no such route.')
      },
    },
    async (request) => {
      if (signToken === undefined) throw new ParleyError('not_found')
      return { token: signToken(request.body) }
    },
  )
}

function policyOf(wsPort: number, blobOrigin: string | undefined): string {
  return contentSecurityPolicy(
    "default-src 'self'",
    `connect-src 'self' ws://localhost:${wsPort} ws://127.0.0.1:${wsPort}`,
    // Blobs of the browser's own: previews of what is being uploaded.
    `img-src 'self' blob: ${blobOrigin ?? ''}`.trimEnd(),
  )
}

/** A name that resolves to this machine is not enough (DNS rebinding): the header must say loopback itself. */
function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && isLoopbackOrigin(`http://${host}`)
}

function isLoopbackOrigin(origin: string): boolean {
  try {
    return isLoopbackAddress(new URL(origin).hostname)
  } catch {
    return false
  }
}

export function isLoopbackAddress(name: string): boolean {
  return name === 'localhost' || name === '[::1]' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name)
}
