import type { FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import type { Figures } from '../ports/figures.js'
import { errorBody, ParleyError, toParleyError } from '../protocol/errors.js'

/** Of what is temporary and does not say for how long. */
const RETRY_MS = 1000

/** Every failure as `{ error: { code, message, temporary, requestId } }`; what was not expected is logged, not told. */
export function createErrorAnswers(errors: Figures['errors']['http']) {
  function send(error: ParleyError, request: FastifyRequest, reply: FastifyReply): void {
    errors[error.code] += 1
    if (error.temporary) reply.header('retry-after', Math.ceil((error.retryAfterMs ?? RETRY_MS) / 1000))
    reply.status(error.status).send({ error: { ...errorBody(error), requestId: request.id } })
  }

  return {
    answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
      const refusal = toRefusal(error)
      if (refusal.code === 'internal')
        request.log.error({ error, route: request.routeOptions.url }, 'a request failed')
      send(refusal, request, reply)
    },

    answerNotFound(request: FastifyRequest, reply: FastifyReply): void {
      send(new ParleyError('not_found', 'There is no such route.'), request, reply)
    },
  }
}

function toRefusal(error: unknown): ParleyError {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const lines = error.validation
      .slice(0, 5)
      .map(({ instancePath, message }) => `${instancePath}: ${message}`)
    return new ParleyError('bad_request', lines.join('; '))
  }
  if (!(error instanceof Error) || error instanceof ParleyError || !('statusCode' in error))
    return toParleyError(error)
  switch (error.statusCode) {
    case 413:
      return new ParleyError('too_large')
    case 415:
      return new ParleyError('unsupported_type')
    default:
      return isClientFault(error.statusCode) ? new ParleyError('bad_request') : new ParleyError('internal')
  }
}

function isClientFault(status: unknown): boolean {
  return typeof status === 'number' && status >= 400 && status < 500
}
