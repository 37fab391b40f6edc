// Longer delays overflow the 32 bits of a timer, and would end at once.
const LONGEST_MS = 12 * 60 * 60 * 1000
/** A token that ends sooner than this is as good as ended: it has to travel yet. */
const MARGIN_MS = 5_000

export interface Token {
  readonly text: string
  /** Null where the claims cannot be read. */
  readonly userId: string | null
  readonly fullName: string | null
  /** Milliseconds since 1970, by this machine's clock. */
  readonly endsAt: number
}

export type Tokens = ReturnType<typeof createTokens>

/** The application's tokens: kept while they last, and asked for once however many want one. */
export function createTokens(ask: () => Promise<string>) {
  let kept: Token | undefined
  let asking: Promise<Token> | undefined

  function fresh(): Promise<Token> {
    asking ??= Promise.resolve()
      .then(ask)
      .then((text) => (kept = read(text)))
      .finally(() => {
        asking = undefined
      })
    return asking
  }

  return {
    /** A new one from the application. @throws what the application's own function does */
    fresh,
    async current(): Promise<Token> {
      return kept && kept.endsAt - Date.now() > MARGIN_MS ? kept : await fresh()
    },
  }
}

/** How long to wait before a new one is asked for, so that no session meets its token's end. */
export function renewalDelay(endsAt: number): number {
  return Math.min(LONGEST_MS, Math.max(1_000, (endsAt - Date.now()) * 0.8))
}

function read(text: string): Token {
  const { sub, id, fullName, name, iat, exp } = claimsOf(text)
  // By its length and not by its end: the clocks of two machines differ.
  const length =
    typeof exp === 'number' ? (exp - (typeof iat === 'number' ? iat : Date.now() / 1000)) * 1000 : LONGEST_MS
  return {
    text,
    userId: firstText(sub, id),
    fullName: firstText(fullName, name),
    endsAt: Date.now() + length,
  }
}

function claimsOf(text: string): Record<string, unknown> {
  try {
    const payload = (text.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    const bytes = Uint8Array.from(atob(payload), (char) => char.charCodeAt(0))
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    // Not for us to judge: the server refuses it, or takes it.
    return {}
  }
}

function firstText(...values: unknown[]): string | null {
  const found = values.find((value) => typeof value === 'string')
  return typeof found === 'string' ? found : null
}
