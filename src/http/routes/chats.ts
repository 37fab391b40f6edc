import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { ChatListRequest } from '../../chat/chat-list.js'
import type { Chats } from '../../chat/chats.js'
import type { Marks } from '../../chat/marks.js'
import type { Members } from '../../chat/members.js'
import { MEMBERS_IN_REPLY, MEMBERS_PER_REQUEST } from '../../protocol/limits.js'
import { chat, chatType, member, message, mine, readMark, timestamp } from '../../protocol/objects.js'
import { cleanText, id, metadata, subject } from '../../protocol/text.js'
import { callerOf, serviceOf } from '../authentication.js'
import { checkOneWay, decodeCursor, encodeCursor, limitOf, listOf, page } from '../pagination.js'
import { idempotencyHeader, memberRequest, chatParams as params, security } from '../schemas.js'

const listQuery = z.object({
  page,
  cursor: z.string().max(1024).optional(),
  limit: limitOf(20),
  archived: z.enum(['true', 'false', 'all']).default('false'),
  type: chatType.optional(),
  orderId: id.optional(),
  q: cleanText.pipe(z.string().min(1).max(100)).optional().describe('in the subject and the members’ names'),
})
const cursor = z.object({
  activity: timestamp.transform((text) => new Date(text)).pipe(z.date().min(new Date(0))),
  id,
})
const listedChat = chat.extend({ mine, lastMessage: message.nullable(), members: z.array(member) })

const CREATE_EXAMPLE = {
  type: 'order',
  orderId: 'order-1',
  subject: 'Running shoes, size 42',
  members: [
    { userId: 'ann', role: 'customer', fullName: 'Ann Lee' },
    { userId: 'bob', role: 'seller', fullName: 'Bob Ray' },
  ],
}

export interface ChatRoutesOptions {
  readonly chats: Chats
  readonly members: Members
  readonly marks: Marks
}

/** The caller's chats, and what the marketplace's backend does with any chat. */
export const chatRoutes: FastifyPluginAsyncZod<ChatRoutesOptions> = async (
  app,
  { chats, members, marks },
) => {
  app.get(
    '/chats',
    {
      schema: {
        security,
        summary: 'One’s own chats',
        tags: ['Chats'],
        description:
          'The one with the newest message first; by `page`, or by `cursor` where the list moves meanwhile.',
        querystring: listQuery,
        response: { 200: listOf(listedChat) },
      },
    },
    async (request) => {
      const { query } = request
      checkOneWay(query)
      const number = query.page ?? 1
      const from: ChatListRequest['from'] =
        query.cursor === undefined
          ? { offset: (number - 1) * query.limit }
          : decodeCursor(cursor, query.cursor)
      const list = await chats.list(callerOf(request).user, {
        archived: query.archived === 'all' ? undefined : query.archived === 'true',
        type: query.type,
        orderId: query.orderId,
        q: query.q,
        limit: query.limit,
        from,
      })
      return {
        data: list.chats,
        pagination: {
          page: query.cursor === undefined ? number : null,
          limit: query.limit,
          total: list.total,
          nextCursor: list.next === null ? null : encodeCursor(list.next),
        },
      }
    },
  )

  app.post(
    '/chats',
    {
      schema: {
        security,
        summary: 'Make a chat',
        tags: ['Chats'],
        description:
          '`order` needs `chat:service`, and there is one chat for each `orderId`: a repeat adds missing members and changes nothing else. Of other callers `role` and `fullName` do not count, and they become members themselves.',
        errors: ['forbidden', 'not_a_member'],
        headers: idempotencyHeader,
        body: z
          .object({
            type: chatType,
            orderId: id.optional(),
            subject: subject.optional(),
            metadata: metadata.optional(),
            members: z.array(memberRequest).min(1).max(MEMBERS_PER_REQUEST),
          })
          .meta({ examples: [CREATE_EXAMPLE] }),
        response: { 200: chat, 201: chat },
      },
    },
    async (request, reply) => {
      const made = await chats.create(callerOf(request), request.body, request.headers['idempotency-key'])
      return reply.status(made.created ? 201 : 200).send(made.chat)
    },
  )

  app.get(
    '/chats/:id',
    {
      schema: {
        security,
        summary: 'One chat',
        tags: ['Chats'],
        errors: ['not_a_member'],
        params,
        response: { 200: chat.extend({ mine: mine.nullable(), members: z.array(member) }) },
      },
    },
    async (request) => {
      const seen = await chats.get(callerOf(request), request.params.id)
      return { ...seen.chat, mine: seen.mine, members: await members.list(seen.chat.id, MEMBERS_IN_REPLY) }
    },
  )

  app.post(
    '/chats/:id/read',
    {
      schema: {
        security,
        summary: 'Move one’s own read mark up',
        tags: ['Chats'],
        errors: ['not_a_member'],
        params,
        body: z.object({ seq: z.int().nonnegative() }).meta({ examples: [{ seq: 2 }] }),
        response: { 200: readMark },
      },
    },
    async (request) => await marks.read(callerOf(request).user, request.params.id, request.body.seq),
  )

  app.post(
    '/chats/:id/archive',
    {
      schema: {
        security,
        summary: 'Put a chat out of one’s own list',
        tags: ['Chats'],
        description: 'A new message brings it back, unless `sticky`.',
        errors: ['not_a_member'],
        params,
        body: z.object({ sticky: z.boolean().default(false) }).nullish(),
        response: { 200: mine },
      },
    },
    async (request) =>
      await marks.archive(callerOf(request).user, request.params.id, request.body?.sticky ?? false),
  )

  app.post(
    '/chats/:id/unarchive',
    {
      schema: {
        security,
        summary: 'Bring a chat back into one’s own list',
        tags: ['Chats'],
        errors: ['not_a_member'],
        params,
        response: { 200: mine },
      },
    },
    async (request) => await marks.unarchive(callerOf(request).user, request.params.id),
  )

  app.post(
    '/chats/:id/close',
    {
      schema: {
        security,
        summary: 'Close a chat',
        tags: ['Backend'],
        description: 'Nothing more can be said in it. Closing twice changes nothing.',
        errors: ['forbidden', 'not_a_member'],
        params,
        response: { 200: chat },
      },
    },
    async (request) => {
      serviceOf(request)
      return await chats.close(request.params.id)
    },
  )

  app.post(
    '/chats/:id/reopen',
    {
      schema: {
        security,
        summary: 'Open a chat again',
        tags: ['Backend'],
        errors: ['forbidden', 'not_a_member'],
        params,
        response: { 200: chat },
      },
    },
    async (request) => {
      serviceOf(request)
      return await chats.reopen(request.params.id)
    },
  )
}
