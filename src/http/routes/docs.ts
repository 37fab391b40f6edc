import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { asyncApiDocument } from '../../protocol/asyncapi.js'
import { ParleyError } from '../../protocol/errors.js'
import { contentSecurityPolicy } from '../content-security-policy.js'
import { renderRest } from '../docs/rest.js'
import { createSite } from '../docs/site.js'
import { renderSocket } from '../docs/socket.js'
import { openApiDocument } from '../openapi.js'

/** Nothing but the sheet of this very service: no script at all. */
const POLICY = contentSecurityPolicy("default-src 'none'", "style-src 'self'")

/** The references as documents for tools, and with the guides as pages for people. */
export const docsRoutes: FastifyPluginAsyncZod<{ version: string }> = async (app, { version }) => {
  const hidden = { schema: { hide: true } }
  // When somebody asks: to make them takes longer than a start has for it, and the routes are not all there yet.
  const openApi = once(() => openApiDocument(app))
  const asyncApi = once(() => asyncApiDocument(version))
  const site = createSite({
    rest: () => renderRest(openApi()),
    socket: () => renderSocket(asyncApi()),
  })

  async function answer(name: string, request: FastifyRequest, reply: FastifyReply) {
    const page = await site.page(name)
    if (page === undefined) throw new ParleyError('not_found', 'There is no such page.')
    const { text, etag } = page
    reply.headers({
      etag,
      'cache-control': 'no-cache',
      'content-security-policy': POLICY,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    if (request.headers['if-none-match'] === etag) return reply.status(304).send()
    return reply.type(name.endsWith('.css') ? 'text/css' : 'text/html; charset=utf-8').send(text)
  }

  app.get('/openapi.json', hidden, async () => openApi())
  app.get('/asyncapi.json', hidden, async () => asyncApi())

  app.get('/docs', hidden, async (request, reply) => await answer('', request, reply))
  app.get('/docs/', hidden, async (_request, reply) => reply.redirect('../docs', 308))
  app.get(
    '/docs/:page',
    { schema: { hide: true, params: z.object({ page: z.string() }) } },
    async (request, reply) => await answer(request.params.page, request, reply),
  )
}

function once<Made>(make: () => Made): () => Made {
  let kept: { readonly made: Made } | undefined
  return () => {
    kept ??= { made: make() }
    return kept.made
  }
}
