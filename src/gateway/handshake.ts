import { bearerToken } from '../protocol/bearer.js'

/** The subprotocol that browsers offer beside `bearer.<token>`, and the one that is answered. */
const SUBPROTOCOL = 'parley.v1'

const BEARER_PROTOCOL = 'bearer.'

/** The token of a handshake: `Authorization: Bearer`, or subprotocol `bearer.<token>`, or `?access_token=`. */
export function findToken(handshake: {
  readonly authorization: string
  readonly protocols: string
  readonly query: string
}): string | undefined {
  const { authorization, protocols, query } = handshake
  const token = bearerToken(authorization)
  if (token !== undefined) return token
  const bearer = offered(protocols).find((name) => name.startsWith(BEARER_PROTOCOL))
  if (bearer !== undefined) return bearer.slice(BEARER_PROTOCOL.length)
  return new URLSearchParams(query).get('access_token') ?? undefined
}

/** The subprotocol to answer: ours when it was offered, else none. */
export function answerTo(protocols: string): string {
  return offered(protocols).includes(SUBPROTOCOL) ? SUBPROTOCOL : ''
}

function offered(protocols: string): string[] {
  return protocols.split(',').map((name) => name.trim())
}
