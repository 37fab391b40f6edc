import type { FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Caller, Chats } from '../../chat/chats.js'
import type { Edits } from '../../chat/edits.js'
import type { Messages } from '../../chat/messages.js'
import type { Chat } from '../../protocol/objects.js'
import { changed, message, sent } from '../../protocol/objects.js'
import { cleanText, id, metadata } from '../../protocol/text.js'
import type { Rates } from '../../sessions/rates.js'
import { callerOf, serviceOf } from '../authentication.js'
import { checkOneWay, decodeCursor, encodeCursor, limitOf, listOf, page, seqParam } from '../pagination.js'
import { idempotencyHeader, chatParams as params, security } from '../schemas.js'

const historyQuery = z.object({
  page,
  cursor: z.string().max(1024).optional(),
  before: seqParam.optional().describe('the newest before this seq'),
  after: seqParam.optional().describe('the oldest beyond this seq, still newest first'),
  limit: limitOf(50),
})
type HistoryQuery = z.infer<typeof historyQuery>
const cursor = z.object({ before: z.int().positive() })

const messageParams = params.extend({ seq: seqParam })

/** A chat's history, and messages said, edited and deleted by REST. */
export const messageRoutes: FastifyPluginAsyncZod<{
  chats: Chats
  messages: Messages
  edits: Edits
  rates: Rates
}> = async (app, { chats, messages, edits, rates }) => {
  /** Who changes the chat's messages. The marketplace's backend speaks for everybody: it has no rate. */
  function writerOf(request: FastifyRequest): Caller {
    const caller = callerOf(request)
    if (!caller.isService) rates.messages.take(caller.user.id)
    return caller
  }

  app.get(
    '/chats/:id/messages',
    {
      schema: {
        security,
        summary: 'A chat’s history',
        tags: ['Messages'],
        description: 'Newest first; one of `page`, `cursor`, `before` and `after` at a time.',
        errors: ['not_a_member'],
        params,
        querystring: historyQuery,
        response: { 200: listOf(message) },
      },
    },
    async (request) => {
      const { query } = request
      checkOneWay(query)
      const { chat } = await chats.get(callerOf(request), request.params.id)
      const { first, last } = historyRange(chat, query)
      const isPage = query.cursor === undefined && query.before === undefined && query.after === undefined
      return {
        data: await messages.range(chat, first, last),
        pagination: {
          page: isPage ? (query.page ?? 1) : null,
          limit: query.limit,
          total: chat.lastSeq - chat.firstSeq + 1,
          nextCursor: nextCursor(chat, query, first, last),
        },
      }
    },
  )

  app.post(
    '/chats/:id/messages',
    {
      schema: {
        security,
        summary: 'Say something',
        tags: ['Messages'],
        description:
          'Answered after the commit. `Idempotency-Key` is the `clientId` of the message: a repeat is no second message.',
        errors: [
          'not_a_member',
          'chat_closed',
          'not_found',
          'conflict',
          'attachments_disabled',
          'rate_limited',
        ],
        params,
        headers: idempotencyHeader,
        body: z
          .object({ content: cleanText, attachments: z.array(id).optional() })
          .meta({ examples: [{ content: 'Has it been sent?' }] }),
        response: { 200: sent, 201: sent },
      },
    },
    async (request, reply) => {
      const { user, isService } = writerOf(request)
      const clientId = request.headers['idempotency-key']
      const said = { ...request.body, chatId: request.params.id, clientId }
      const answer = await messages.send(user, said, { anywhere: isService })
      return reply.status(answer.duplicate === true ? 200 : 201).send(answer)
    },
  )

  app.patch(
    '/chats/:id/messages/:seq',
    {
      schema: {
        security,
        summary: 'Edit one’s own message',
        tags: ['Messages'],
        errors: ['not_a_member', 'forbidden', 'not_found', 'chat_closed', 'conflict', 'rate_limited'],
        params: messageParams,
        body: z.object({ content: cleanText }).meta({ examples: [{ content: 'Has it been sent yet?' }] }),
        response: { 200: changed },
      },
    },
    async (request) => {
      const { id, seq } = request.params
      return await edits.edit(writerOf(request), id, seq, request.body.content)
    },
  )

  app.delete(
    '/chats/:id/messages/:seq',
    {
      schema: {
        security,
        summary: 'Delete a message',
        tags: ['Messages'],
        description:
          'One’s own; the backend deletes any. A tombstone without content stays. A repeat answers the first `rev`.',
        errors: ['not_a_member', 'forbidden', 'not_found', 'chat_closed', 'rate_limited'],
        params: messageParams,
        response: { 200: changed },
      },
    },
    async (request) => {
      const { id, seq } = request.params
      return await edits.delete(writerOf(request), id, seq)
    },
  )

  app.post(
    '/chats/:id/system-messages',
    {
      schema: {
        security,
        summary: 'Say something as the system',
        tags: ['Backend'],
        errors: ['forbidden', 'not_a_member', 'chat_closed'],
        params,
        headers: idempotencyHeader,
        body: z
          .object({ content: cleanText, metadata: metadata.optional() })
          .meta({ examples: [{ content: 'The parcel is on its way.', metadata: { parcel: 'JD0146' } }] }),
        response: { 200: sent, 201: sent },
      },
    },
    async (request, reply) => {
      const { user } = serviceOf(request)
      const { content, metadata = null } = request.body
      const said = { content, chatId: request.params.id, clientId: request.headers['idempotency-key'] }
      const answer = await messages.sendSystem(user, said, metadata)
      return reply.status(answer.duplicate === true ? 200 : 201).send(answer)
    },
  )
}

/** Towards older messages, as the list runs; one who reads on from a `seq` asks with the next `after` instead. */
function nextCursor(
  chat: Pick<Chat, 'firstSeq'>,
  query: HistoryQuery,
  first: number,
  last: number,
): string | null {
  const hasOlder = last >= first && first > chat.firstSeq
  return hasOlder && query.after === undefined ? encodeCursor({ before: first }) : null
}

/** `seq` has no hole: every way to ask is a range of it, and a deep page costs what the first one costs. */
export function historyRange(
  { firstSeq, lastSeq }: Pick<Chat, 'firstSeq' | 'lastSeq'>,
  query: HistoryQuery,
): { first: number; last: number } {
  const { limit } = query
  if (query.after !== undefined) {
    const first = Math.max(firstSeq, query.after + 1)
    return { first, last: Math.min(lastSeq, first + limit - 1) }
  }
  const before = query.cursor === undefined ? query.before : decodeCursor(cursor, query.cursor).before
  const last =
    before === undefined ? lastSeq - ((query.page ?? 1) - 1) * limit : Math.min(lastSeq, before - 1)
  return { first: Math.max(firstSeq, last - limit + 1), last }
}
