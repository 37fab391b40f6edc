import { readOrCreateSecret } from './adapters/secret-file.js'
import type { TokenKey } from './chat/tokens.js'
import type { Config } from './config.js'

/** Tokens that the project makes itself live as long as a day of trying things out. */
export const OWN_TOKEN_MS = 24 * 60 * 60 * 1000

/** The key that tokens are checked with; embedded, a random secret kept in `DATA_DIR`. */
export async function tokenKey(config: Config): Promise<TokenKey> {
  const { key } = config.jwt
  if (key.kind !== 'embedded') return key
  return { kind: 'secret', secret: await readOrCreateSecret(config.dataDir, 'jwt-secret') }
}
