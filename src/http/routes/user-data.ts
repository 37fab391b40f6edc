import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Erasure } from '../../chat/erasure.js'
import type { Exports } from '../../chat/exports.js'
import { exportLine } from '../../protocol/export-lines.js'
import { timestamp } from '../../protocol/objects.js'
import { id } from '../../protocol/text.js'
import { absolute } from '../absolute.js'
import { serviceOf } from '../authentication.js'
import { security } from '../schemas.js'

const NDJSON = 'application/x-ndjson'

const params = z.object({ id })
/** The answer is text that is made of such lines, not one of them. */
const lines: z.ZodType<unknown> = exportLine

/** One user's data as a whole: given out, and erased. */
export const userDataRoutes: FastifyPluginAsyncZod<{ exports: Exports; erasure: Erasure }> = async (
  app,
  { exports, erasure },
) => {
  app.get(
    '/users/:id/export',
    {
      exposeHeadRoute: false,
      schema: {
        security,
        summary: 'Export a user’s data',
        tags: ['Backend'],
        description:
          'One JSON object a line: `export`, `user`, then each `chat` with the user’s own messages and files, and `end`. Without `end` it was broken off. URLs of files soon expire: fetch them as they come.',
        errors: ['forbidden'],
        params,
        response: { 200: { description: 'Lines of JSON.', content: { [NDJSON]: { schema: lines } } } },
      },
    },
    async (request, reply) => {
      const { user } = serviceOf(request)
      const toUrl = (url: string) => absolute(url, request)
      const text = await exports.begin(request.params.id, user.id, toUrl)
      // The URLs in it are as good as the files.
      reply.header('content-type', NDJSON).header('cache-control', 'no-store')
      return reply.send(text)
    },
  )

  app.delete(
    '/users/:id',
    {
      schema: {
        security,
        summary: 'Erase a user’s data',
        tags: ['Backend'],
        description:
          'Accepted, and done soon: sessions end (4401), the name is replaced, in every chat the user is taken out and what the user has said becomes tombstones; the audit says when it is finished. A repeat meanwhile answers the same erasure. Give out no new tokens first: a newer one names the user anew.',
        errors: ['forbidden'],
        params,
        response: {
          202: z
            .object({
              erasure: z.uuid().describe('also the id of its entry in the audit'),
              id,
              requestedAt: timestamp,
            })
            .describe('Accepted.'),
        },
      },
    },
    async (request, reply) => {
      const { user } = serviceOf(request)
      const asked = await erasure.request(request.params.id, user.id)
      const { id, user_id: userId, requested_at: requestedAt } = asked
      return reply.status(202).send({ erasure: id, id: userId, requestedAt: requestedAt.toISOString() })
    },
  )
}
