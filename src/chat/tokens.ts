import { createPublicKey } from 'node:crypto'
import { type Algorithm, createSigner, createVerifier, TokenError } from 'fast-jwt'
import buildGetJwks from 'get-jwks'
import { z } from 'zod'
import { ParleyError } from '../protocol/errors.js'
import { fullName, id } from '../protocol/text.js'

/** Who a token speaks for (CONTRACT.md section 2, token claims). */
export interface Identity {
  readonly userId: string
  /** Absent: the token names nobody, the user keeps the name that is known. */
  readonly fullName: string | undefined
  /** When the token was made, at the latest now: the newest name counts. */
  readonly namedAt: Date
  readonly expiresAt: Date
  /** Scope `chat:service`: the marketplace's own backend. */
  readonly isService: boolean
}

export type TokenKey =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'public-key'; readonly pem: string }
  | { readonly kind: 'jwks'; readonly url: string }

export interface TokenRules {
  readonly key: TokenKey
  readonly issuer: string | undefined
  readonly audience: string | undefined
}

const SERVICE_SCOPE = 'chat:service'

/** How long a token waits for the keys to be fetched. */
const KEYS_MS = 5000

/** Seconds since 1970 that are a time at all. */
const time = z.number().nonnegative().max(8.64e12)

const claims = z.object({
  sub: id.optional(),
  id: id.optional(),
  fullName: fullName.optional().catch(undefined),
  name: fullName.optional().catch(undefined),
  scope: z.string().optional().catch(undefined),
  iat: time.optional().catch(undefined),
  exp: time,
})

const keyReference = z.object({ kid: z.string(), alg: z.string() })

/** Checks tokens. Algorithms are pinned by the key: `none`, and a public key used as an HMAC secret, are refused. */
export function createTokenVerifier(rules: TokenRules, now: () => number = Date.now) {
  const { issuer, audience } = rules
  // What is checked is required too: of a claim that is absent, fast-jwt checks nothing.
  const checks = {
    requiredClaims: [
      'exp',
      ...(issuer === undefined ? [] : ['iss']),
      ...(audience === undefined ? [] : ['aud']),
    ],
    ...(issuer === undefined ? {} : { allowedIss: issuer }),
    ...(audience === undefined ? {} : { allowedAud: audience }),
  }
  const verify = createKeyedVerifier(rules.key, checks)

  /** @throws ParleyError `token_expired`, `unauthenticated`, or `overloaded` when the keys cannot be fetched now. */
  return async (token: string): Promise<Identity> => {
    let payload: unknown
    try {
      payload = await verify(token)
    } catch (error) {
      throw toRefusal(error)
    }
    const parsed = claims.safeParse(payload)
    const userId = parsed.data?.sub ?? parsed.data?.id
    if (!parsed.success || userId === undefined) throw new ParleyError('unauthenticated')
    const { data } = parsed
    return {
      userId,
      fullName: data.fullName ?? data.name,
      // Not after now: a name from the future could never be changed. A token that does not say when it was made
      // names only those of whom nothing newer is known.
      namedAt: new Date(data.iat === undefined ? 0 : Math.min(data.iat * 1000, now())),
      expiresAt: new Date(data.exp * 1000),
      isService: data.scope?.split(' ').includes(SERVICE_SCOPE) ?? false,
    }
  }
}

export type TokenVerifier = ReturnType<typeof createTokenVerifier>

/** Signs tokens with the HS256 secret, for `npm run token` and the demo page. */
export function signToken(
  rules: { secret: string; issuer: string | undefined; audience: string | undefined; expiresInMs: number },
  user: { sub: string; fullName: string; scope?: string | undefined },
): string {
  const sign = createSigner({
    key: rules.secret,
    algorithm: 'HS256',
    expiresIn: rules.expiresInMs,
    ...(rules.issuer === undefined ? {} : { iss: rules.issuer }),
    ...(rules.audience === undefined ? {} : { aud: rules.audience }),
  })
  return sign({
    sub: user.sub,
    fullName: user.fullName,
    ...(user.scope === undefined ? {} : { scope: user.scope }),
  })
}

function createKeyedVerifier(key: TokenKey, checks: object): (token: string) => Promise<unknown> {
  if (key.kind === 'jwks') {
    return createVerifier({
      ...checks,
      algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'],
      key: fetchKey(new URL(key.url)),
    })
  }
  const verify =
    key.kind === 'secret'
      ? createVerifier({ ...checks, algorithms: ['HS256'], key: key.secret })
      : createVerifier({ ...checks, algorithms: algorithmsOf(key.pem), key: key.pem })
  return async (token) => verify(token)
}

/** The key that a token names, as PEM. */
function fetchKey({
  origin,
  pathname,
  search,
}: URL): (token: { header: unknown }) => Promise<string | Buffer> {
  const jwks = buildGetJwks({ jwksPath: `${pathname}${search}` })
  return async ({ header }) => {
    const reference = keyReference.safeParse(header)
    if (!reference.success) throw new ParleyError('unauthenticated')
    const jwk = await inTime(jwks.getJwk({ domain: origin, ...reference.data })).catch((error: unknown) => {
      const isUnknown = error instanceof Error && 'code' in error && error.code === 'JWK_NOT_FOUND'
      throw new ParleyError(isUnknown ? 'unauthenticated' : 'overloaded')
    })
    return createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
  }
}

/** A server that takes a connection and says nothing would hold up a token for minutes. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the keys did not come in time')), KEYS_MS)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

function algorithmsOf(pem: string): Algorithm[] {
  const key = createPublicKey(pem)
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
    case 'ec':
      return ['ES256', 'ES384', 'ES512']
    case 'ed25519':
      return ['EdDSA']
    default:
      throw new Error(`JWT_PUBLIC_KEY: keys of type ${key.asymmetricKeyType} are not supported`)
  }
}

function toRefusal(error: unknown): ParleyError {
  if (!(error instanceof TokenError)) return new ParleyError('unauthenticated')
  if (error.code === TokenError.codes.expired) return new ParleyError('token_expired')
  const cause: unknown = error.originalError
  return cause instanceof ParleyError ? cause : new ParleyError('unauthenticated')
}
