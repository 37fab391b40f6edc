import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Chats } from '../../chat/chats.js'
import type { Members } from '../../chat/members.js'
import { MEMBERS_PER_REQUEST } from '../../protocol/limits.js'
import { chat, member } from '../../protocol/objects.js'
import { id } from '../../protocol/text.js'
import { callerOf, serviceOf } from '../authentication.js'
import { limitOf, listOf, page } from '../pagination.js'
import { memberRequest, chatParams as params, security } from '../schemas.js'

/** Who belongs to a chat. */
export const memberRoutes: FastifyPluginAsyncZod<{ chats: Chats; members: Members }> = async (
  app,
  { chats, members },
) => {
  app.get(
    '/chats/:id/members',
    {
      schema: {
        security,
        summary: 'A chat’s members',
        tags: ['Members'],
        errors: ['not_a_member'],
        params,
        querystring: z.object({ page, limit: limitOf(50) }),
        response: { 200: listOf(member) },
      },
    },
    async (request) => {
      const { limit, page: number = 1 } = request.query
      const { chat } = await chats.get(callerOf(request), request.params.id)
      return {
        data: await members.list(chat.id, limit, (number - 1) * limit),
        pagination: { page: number, limit, total: chat.memberCount, nextCursor: null },
      }
    },
  )

  app.post(
    '/chats/:id/members',
    {
      schema: {
        security,
        summary: 'Add members, or change their roles',
        tags: ['Backend'],
        errors: ['forbidden', 'not_a_member'],
        params,
        body: z
          .union([
            memberRequest,
            z.object({ members: z.array(memberRequest).min(1).max(MEMBERS_PER_REQUEST) }),
          ])
          .meta({ examples: [{ userId: 'eve', role: 'support', fullName: 'Eve Stone' }] }),
        response: { 200: chat },
      },
    },
    async (request) => {
      serviceOf(request)
      const { body } = request
      return await members.add(request.params.id, 'members' in body ? body.members : [body])
    },
  )

  app.delete(
    '/chats/:id/members/:userId',
    {
      schema: {
        security,
        summary: 'Take a member out',
        tags: ['Backend'],
        description: 'It takes effect on every node in under a second.',
        errors: ['forbidden', 'not_a_member', 'not_found'],
        params: z.object({ id, userId: id }),
        response: { 200: chat },
      },
    },
    async (request) => {
      serviceOf(request)
      return await members.remove(request.params.id, request.params.userId)
    },
  )
}
