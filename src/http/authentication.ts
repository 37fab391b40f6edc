import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Caller } from '../chat/chats.js'
import type { TokenVerifier } from '../chat/tokens.js'
import type { Users } from '../chat/users.js'
import { bearerToken } from '../protocol/bearer.js'
import { ParleyError } from '../protocol/errors.js'

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null
  }
}

/** Every route of this scope needs a token: it is checked before the body is read. */
export function requireToken(
  app: FastifyInstance,
  options: { verifyToken: TokenVerifier; users: Users },
): void {
  const { verifyToken, users } = options
  app.decorateRequest('caller', null)
  app.addHook('onRequest', async (request) => {
    const token = bearerToken(request.headers.authorization)
    if (token === undefined) throw new ParleyError('unauthenticated')
    const identity = await verifyToken(token)
    request.caller = { user: await users.identify(identity), isService: identity.isService }
  })
}

/** Who asks. @throws ParleyError `unauthenticated` outside the scope of `requireToken`: the default is no */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new ParleyError('unauthenticated')
  return request.caller
}

/** For routes of the marketplace's backend alone. @throws ParleyError `forbidden` */
export function serviceOf(request: FastifyRequest): Caller {
  const caller = callerOf(request)
  if (!caller.isService) throw new ParleyError('forbidden', 'This needs a token with the scope chat:service.')
  return caller
}
