import multipart, { type MultipartFile } from '@fastify/multipart'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Attachments } from '../../chat/attachments/attachments.js'
import type { File } from '../../chat/attachments/uploads.js'
import { ParleyError } from '../../protocol/errors.js'
import { timestamp, type Upload, upload, uploadTarget } from '../../protocol/objects.js'
import { cleanText, id } from '../../protocol/text.js'
import { absolute } from '../absolute.js'
import { callerOf } from '../authentication.js'
import { discardRest } from '../discard-rest.js'
import { chatParams, security } from '../schemas.js'

const FIELDS = 20
const FIELD_BYTES = 1024
const NAME_LENGTH = 1024

const params = chatParams.extend({ attachmentId: id })
const announced = z.object({
  name: cleanText.pipe(z.string().min(1).max(NAME_LENGTH)),
  mime: z.string().max(255).describe('one of the types that are taken; what counts is what arrives'),
  size: z.int().positive().describe('bytes; exactly as many must arrive'),
})
const linkQuery = z.object({
  redirect: z.enum(['true', 'false']).default('true').describe('false: the URL as JSON'),
  variant: z.enum(['original', 'thumbnail']).default('original'),
})
const link = z.object({ url: z.url(), expiresAt: timestamp })

/** Files of a chat: in through this node or straight to the blob store, out by URLs that soon expire. */
export const attachmentRoutes: FastifyPluginAsyncZod<{ attachments: Attachments | undefined }> = async (
  app,
  options,
) => {
  /** @throws ParleyError `attachments_disabled` */
  function enabled(): Attachments {
    if (options.attachments === undefined) throw new ParleyError('attachments_disabled')
    return options.attachments
  }

  await app.register(multipart, { limits: { fields: FIELDS, fieldSize: FIELD_BYTES } })

  app.post(
    '/chats/:id/attachments',
    {
      schema: {
        security,
        summary: 'Upload files through this node',
        tags: ['Attachments'],
        errors: [
          'not_a_member',
          'chat_closed',
          'conflict',
          'too_large',
          'unsupported_type',
          'rate_limited',
          'attachments_disabled',
        ],
        params: chatParams,
        description: 'A form (multipart/form-data) with one or several files: all are taken, or none.',
        consumes: ['multipart/form-data'],
        response: { 201: z.object({ data: z.array(upload) }) },
      },
    },
    async (request, reply) => {
      try {
        return await reply
          .status(201)
          .send({ data: await receiveFiles(enabled(), request.params.id, request, reply) })
      } catch (error) {
        await discardRest(request)
        throw error
      }
    },
  )

  app.post(
    '/chats/:id/attachments/presign',
    {
      schema: {
        security,
        summary: 'Announce a file, to upload it straight to the store',
        tags: ['Attachments'],
        description:
          'The answer says how to bring the bytes: by `PUT`, or as a form by `POST`. Then `complete` it.',
        errors: ['not_a_member', 'chat_closed', 'rate_limited', 'attachments_disabled'],
        params: chatParams,
        body: announced.meta({ examples: [{ name: 'shoe.jpg', mime: 'image/jpeg', size: 182304 }] }),
        response: { 201: z.object({ attachment: upload, upload: uploadTarget }) },
      },
    },
    async (request, reply) => {
      const { attachment, upload } = await enabled().presign(
        callerOf(request),
        request.params.id,
        request.body,
      )
      const url = absolute(upload.url, request)
      return reply.status(201).send({ attachment, upload: { ...upload, url } })
    },
  )

  app.post(
    '/chats/:id/attachments/:attachmentId/complete',
    {
      schema: {
        security,
        summary: 'Have an uploaded file looked at',
        tags: ['Attachments'],
        errors: [
          'not_a_member',
          'not_found',
          'conflict',
          'too_large',
          'unsupported_type',
          'rate_limited',
          'attachments_disabled',
        ],
        params,
        description: 'The bytes are where they were announced. A repeat answers how things stand.',
        response: { 200: upload },
      },
    },
    async (request) => {
      const { id, attachmentId } = request.params
      return await enabled().complete(callerOf(request), id, attachmentId)
    },
  )

  app.get(
    '/chats/:id/attachments/:attachmentId',
    {
      schema: {
        security,
        summary: 'Fetch a file, or its thumbnail',
        tags: ['Attachments'],
        errors: ['not_a_member', 'not_found', 'conflict', 'attachments_disabled'],
        params,
        querystring: linkQuery,
        description: 'Redirects (302) to a URL that is good for a few minutes, or answers it.',
        response: { 200: link, 302: z.null().describe('Location: the URL') },
      },
    },
    async (request, reply) => {
      const { id, attachmentId } = request.params
      const { redirect, variant } = request.query
      const { url, expiresAt } = await enabled().link(callerOf(request), id, attachmentId, variant)
      // Whoever holds the URL can read the file: it is for this caller, and for now.
      reply.header('cache-control', 'no-store')
      if (redirect === 'true') return reply.redirect(url, 302)
      return { url: absolute(url, request), expiresAt: expiresAt.toISOString() }
    },
  )
}

async function receiveFiles(
  attachments: Attachments,
  chatId: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Upload[]> {
  if (!request.isMultipart())
    throw new ParleyError('unsupported_type', 'The files must come as multipart/form-data.')
  const { attachmentBytes, attachmentsPerMessage } = attachments.limits
  // One byte more than is allowed: the parser cuts a file off in silence, and here it is to be an error.
  const limits = { files: attachmentsPerMessage, fileSize: attachmentBytes + 1 }
  const files = filesOf(request.files({ limits }))
  const taken = await attachments.receive(callerOf(request), chatId, files, goneSignal(reply))
  if (taken.length === 0) throw new ParleyError('bad_request', 'The form has no file.')
  return taken
}

async function* filesOf(parts: AsyncIterable<MultipartFile>): AsyncIterable<File> {
  try {
    for await (const { filename, file } of parts) yield { name: filename ?? '', body: file }
  } catch (error) {
    // The parser's own limits have a status; what else it says is of the form.
    const hasStatus = error instanceof Error && 'statusCode' in error
    throw hasStatus ? error : new ParleyError('bad_request', 'The form is not well formed.')
  }
}

/** Aborted when the client goes away before it has its answer, or has gone already. */
function goneSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  const gone = () => {
    if (!raw.writableFinished) controller.abort(new ParleyError('bad_request', 'The upload was broken off.'))
  }
  if (raw.destroyed || raw.socket?.destroyed === true) gone()
  else raw.once('close', gone)
  return controller.signal
}
