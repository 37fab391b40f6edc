// Longer delays overflow the 32 bits of a timer, and would end at once.
const LONGEST_MS = 12 * 60 * 60 * 1000
/** A token that ends sooner than this is as good as ended: it has to travel yet. */
const MARGIN_MS = 5_000

export type Tokens = ReturnType<typeof createTokens>

/** The application's tokens: kept while they last, and asked for once however many want one. */
export function createTokens(ask: () => Promise<string>) {
  let kept = ''
  /** Milliseconds since 1970, by this machine's clock. */
  let endsAt = 0
  let asking: Promise<string> | undefined

  async function renew(): Promise<string> {
    try {
      kept = await ask()
      endsAt = Date.now() + lifetimeOf(kept)
      return kept
    } finally {
      asking = undefined
    }
  }

  /** A new one from the application. @throws what the application's own function does */
  function fresh(): Promise<string> {
    asking ??= renew()
    return asking
  }

  return {
    fresh,
    current: async () => (endsAt - Date.now() > MARGIN_MS ? kept : await fresh()),
    /** How long to wait before a new one is asked for, so that no session meets its token's end. */
    renewInMs: () => Math.min(LONGEST_MS, (endsAt - Date.now()) * 0.8),
  }
}

/** By its length and not by its end: the clocks of two machines differ. Claims are whole seconds: one may be gone. */
function lifetimeOf(token: string): number {
  try {
    const [, payload = ''] = token.replace(/-/g, '+').replace(/_/g, '/').split('.')
    const { iat = Date.now() / 1000, exp } = JSON.parse(atob(payload))
    return (exp - iat - 1) * 1000
  } catch {
    // Not for us to judge: the server refuses it, or takes it.
    return LONGEST_MS
  }
}
