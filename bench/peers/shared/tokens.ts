import { createVerifier } from 'fast-jwt'

export interface User {
  readonly id: string
  readonly fullName: string
}

/** Gives the user whose token it is. The function that it makes throws for a bad token. */
export function createTokens(secret: string): (token: string) => User {
  // Each token is seen once: a cache of them would only take memory.
  const verify = createVerifier({ key: secret, algorithms: ['HS256'], cache: false })
  return (token) => {
    const { sub, fullName }: { sub?: unknown; fullName?: unknown } = verify(token)
    if (typeof sub !== 'string') throw new Error('the token names nobody')
    return { id: sub, fullName: typeof fullName === 'string' ? fullName : sub }
  }
}

/** The token of an `Authorization` header; empty, which no verifier takes, when there is none. */
export function bearerOf(header: string | undefined): string {
  return header?.replace(/^Bearer /, '') ?? ''
}
