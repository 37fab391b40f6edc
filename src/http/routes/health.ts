import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'

const status = z.object({ status: z.string() })

/** For the orchestrator: whether the process lives, and whether it should be sent traffic. Redis away is ready. */
export const healthRoutes: FastifyPluginAsyncZod<{ isReady: () => Promise<boolean> }> = async (
  app,
  { isReady },
) => {
  app.get(
    '/livez',
    { schema: { summary: 'Whether the process lives', tags: ['Operation'], response: { 200: status } } },
    async () => ({ status: 'live' }),
  )

  app.get(
    '/readyz',
    {
      schema: {
        summary: 'Whether the node should be sent traffic',
        tags: ['Operation'],
        response: { 200: status, 503: status.describe('The node starts or ends, or Postgres is away.') },
      },
    },
    async (_request, reply) =>
      (await isReady()) ? { status: 'ready' } : reply.status(503).send({ status: 'not ready' }),
  )
}
