const SCHEME = 'bearer '

/** The token of an `Authorization: Bearer` header; undefined for none, or for another scheme. */
export function bearerToken(authorization: string | undefined): string | undefined {
  if (authorization === undefined || !authorization.toLowerCase().startsWith(SCHEME)) return undefined
  return authorization.slice(SCHEME.length).trim()
}
