import type { FastifyRequest } from 'fastify'
import { ParleyError } from '../protocol/errors.js'

/** A path of our own door as the client reaches it; a whole URL as it is. */
export function absolute(url: string, request: FastifyRequest): string {
  const base = `${request.protocol}://${request.host}`
  if (!URL.canParse(url, base)) throw new ParleyError('bad_request', 'The Host header is not one.')
  return new URL(url, base).href
}
