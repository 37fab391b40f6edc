import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { AUDIT_ACTIONS, type Audit } from '../../chat/audit.js'
import { timestamp } from '../../protocol/objects.js'
import { id } from '../../protocol/text.js'
import { serviceOf } from '../authentication.js'
import { checkOneWay, decodeCursor, encodeCursor, limitOf, listOf, page } from '../pagination.js'
import { security } from '../schemas.js'

const action = z.enum(AUDIT_ACTIONS)
const listQuery = z.object({
  page,
  cursor: z.string().max(1024).optional(),
  limit: limitOf(50),
  userId: id.optional().describe('whose data it was'),
  action: action.optional(),
})
const cursor = z.object({
  at: timestamp.transform((text) => new Date(text)).pipe(z.date().min(new Date(0))),
  id: z.uuid(),
})
const entry = z.object({
  id: z.uuid(),
  at: timestamp,
  actor: z.string().describe('the `sub` of the token that asked for it'),
  action,
  userId: z.string(),
  detail: z.record(z.string(), z.unknown()).describe('Counts and ids, never contents.'),
})

/** Who had whose data exported or erased. */
export const auditRoutes: FastifyPluginAsyncZod<{ audit: Audit }> = async (app, { audit }) => {
  app.get(
    '/audit',
    {
      schema: {
        security,
        summary: 'The audit',
        tags: ['Backend'],
        description: 'Exports and erasures of users’ data, newest first; by `page` or by `cursor`.',
        errors: ['forbidden'],
        querystring: listQuery,
        response: { 200: listOf(entry) },
      },
    },
    async (request) => {
      serviceOf(request)
      const { query } = request
      checkOneWay(query)
      const { limit, userId, action } = query
      const number = query.page ?? 1
      const from =
        query.cursor === undefined ? { offset: (number - 1) * limit } : decodeCursor(cursor, query.cursor)
      const list = await audit.list({ userId, action, limit, from })
      return {
        data: list.entries,
        pagination: {
          page: query.cursor === undefined ? number : null,
          limit,
          total: list.total,
          nextCursor: list.next === null ? null : encodeCursor(list.next),
        },
      }
    },
  )
}
