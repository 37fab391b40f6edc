import { parseArgs } from 'node:util'
import { signToken } from './chat/tokens.js'
import { loadConfig } from './config.js'
import { OWN_TOKEN_MS, tokenKey } from './token-key.js'

const USAGE = 'usage: npm run token -- --sub ann --name "Ann Lee" [--scope chat:service]'

/** Prints a token signed with the configured secret, or the embedded one. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { sub: { type: 'string' }, name: { type: 'string' }, scope: { type: 'string' } },
  })
  const { sub, name, scope } = values
  if (sub === undefined || sub === '') throw new Error(USAGE)
  const config = loadConfig(process.env)
  const key = await tokenKey(config)
  if (key.kind !== 'secret')
    throw new Error('Tokens are signed with JWT_SECRET: a public key can only check them.')
  const { issuer, audience } = config.jwt
  const rules = { secret: key.secret, issuer, audience, expiresInMs: OWN_TOKEN_MS }
  process.stdout.write(`${signToken(rules, { sub, fullName: name ?? sub, scope })}\n`)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
