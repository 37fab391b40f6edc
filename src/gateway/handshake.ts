/** The subprotocol that browsers offer beside `bearer.<token>`, and the one that is answered. */
export const SUBPROTOCOL = 'parley.v1'

const BEARER = 'bearer '
const BEARER_PROTOCOL = 'bearer.'

/** The token of a handshake: `Authorization: Bearer`, or subprotocol `bearer.<token>`, or `?access_token=`. */
export function findToken(handshake: {
  readonly authorization: string
  readonly protocols: string
  readonly query: string
}): string | undefined {
  const { authorization, protocols, query } = handshake
  if (authorization.toLowerCase().startsWith(BEARER)) return authorization.slice(BEARER.length).trim()
  const offered = protocols.split(',').map((name) => name.trim())
  const bearer = offered.find((name) => name.startsWith(BEARER_PROTOCOL))
  if (bearer !== undefined) return bearer.slice(BEARER_PROTOCOL.length)
  return new URLSearchParams(query).get('access_token') ?? undefined
}
