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
  /** When the token was made: the newest name counts. */
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

export const SERVICE_SCOPE = 'chat:service'

const claims = z.object({
  sub: id.optional(),
  id: id.optional(),
  fullName: fullName.optional().catch(undefined),
  name: fullName.optional().catch(undefined),
  scope: z.string().optional().catch(undefined),
  iat: z.number().optional().catch(undefined),
  exp: z.number(),
})

const keyReference = z.object({ kid: z.string(), alg: z.string() })

/** Checks tokens. Algorithms are pinned by the key: `none`, and a public key used as an HMAC secret, are refused. */
export function createTokenVerifier(rules: TokenRules, now: () => number = Date.now) {
  const checks = {
    requiredClaims: ['exp'],
    ...(rules.issuer === undefined ? {} : { allowedIss: rules.issuer }),
    ...(rules.audience === undefined ? {} : { allowedAud: rules.audience }),
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
      namedAt: new Date(data.iat === undefined ? now() : data.iat * 1000),
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
    const { origin, pathname, search } = new URL(key.url)
    const jwks = buildGetJwks({ jwksPath: `${pathname}${search}` })
    return createVerifier({
      ...checks,
      algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'],
      key: async ({ header }: { header: unknown }) =>
        await jwks.getPublicKey({ domain: origin, ...keyReference.parse(header) }),
    })
  }
  const verify =
    key.kind === 'secret'
      ? createVerifier({ ...checks, algorithms: ['HS256'], key: key.secret })
      : createVerifier({ ...checks, algorithms: algorithmsOf(key.pem), key: key.pem })
  return async (token) => verify(token)
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
  if (error.code !== TokenError.codes.keyFetchingError) return new ParleyError('unauthenticated')
  const cause: unknown = error.originalError
  const isUnknownKey = cause instanceof Error && 'code' in cause && cause.code === 'JWK_NOT_FOUND'
  return new ParleyError(isUnknownKey ? 'unauthenticated' : 'overloaded')
}
