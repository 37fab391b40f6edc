import { createSigner } from 'fast-jwt'

/** Longer than any run. */
const TOKEN_MS = 24 * 3_600_000

/** The tokens of a marketplace that has this secret. */
export function createTokens(secret: string) {
  const sign = createSigner({ key: secret, algorithm: 'HS256', expiresIn: TOKEN_MS })
  return {
    user: (id: string, fullName: string): string => sign({ sub: id, fullName }),
    /** The marketplace's own backend. */
    service: (): string => sign({ sub: 'shop', fullName: 'The Shop', scope: 'chat:service' }),
  }
}
