import { createPublicKey } from 'node:crypto'
import { isIP } from 'node:net'
import { z } from 'zod'
import { FILE_TYPES, type FileType, isFileType } from './protocol/file-types.js'

/**
 * The only reader of the environment: parsed once, whole, at start; afterwards plain data. Each variable's
 * description is its row in the README's table (a test keeps the two equal).
 */

const port = z.coerce.number().int().min(0).max(65_535)
const atLeast = (least: number) => z.coerce.number().int().min(least).max(1_000_000_000)
const text = z.string().min(1)
const list = text.transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)

const httpUrl = z.url({ protocol: /^https?$/ })

/** The client of the store would drop a path without a word, and cannot reach an IPv6 literal. */
const s3Url = httpUrl.refine(
  (url) => /^https?:\/\/[^/[\]@?#]+\/?$/.test(url),
  'must be a scheme, a host name and perhaps a port',
)

/** A PEM in one line of an env file has its line breaks written out. */
const pem = text
  .transform((value) => value.replaceAll('\\n', '\n'))
  .refine(isPublicKey, 'must be a public key in PEM, of type RSA, EC or Ed25519')

export const environment = z.object({
  PORT: port
    .default(3000)
    .describe('Fastify: REST, the Socket.IO door, the page, `/openapi.json`, `/livez`, `/readyz`'),
  WS_PORT: port.default(3001).describe('uWebSockets.js: raw WebSocket at `/ws`; taken exclusively'),
  HOST: text.default('127.0.0.1').describe('address of all listeners'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('Postgres 15 or later; absent: embedded PGlite in `DATA_DIR`'),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/ })
    .optional()
    .describe('Redis 7 or later; absent: in-process bus, one node'),
  S3_ENDPOINT: s3Url
    .optional()
    .describe('MinIO or any S3, for attachments; absent: files in `DATA_DIR`, or none with `REDIS_URL`'),
  S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket')
    .default('parley')
    .describe('made when it is missing; never public'),
  S3_ACCESS_KEY: text.optional().describe('needed with `S3_ENDPOINT`'),
  S3_SECRET_KEY: text.optional().describe('needed with `S3_ENDPOINT`'),
  S3_REGION: text.default('us-east-1').describe('region that requests are signed for'),
  S3_PUBLIC_ENDPOINT: s3Url
    .optional()
    .describe('address that browsers reach the store by; absent: `S3_ENDPOINT`'),
  REDIS_MODE: z.literal('standalone').default('standalone').describe('only `standalone` in this version'),
  JWT_SECRET: text
    .optional()
    .describe('HS256 secret; embedded without any key: a random one kept in `DATA_DIR`'),
  JWT_PUBLIC_KEY: pem.optional().describe('PEM: RSA (RS256…), EC (ES256…) or Ed25519 (EdDSA)'),
  JWKS_URL: httpUrl.optional().describe('public keys by `kid`; cached'),
  JWT_ISSUER: text.optional().describe('checked when set'),
  JWT_AUDIENCE: text.optional().describe('checked when set'),
  CORS_ORIGINS: list.optional().describe('browser origins, separated by commas; embedded: `*`, else none'),
  TRUST_PROXY: list
    .refine(
      (addresses) => addresses.every(isAddressRange),
      'must be IP addresses, ranges such as 10.0.0.0/8, or loopback',
    )
    .optional()
    .describe('addresses whose `X-Forwarded-For` is believed, separated by commas'),
  DATA_DIR: text.default('./data').describe('embedded data; one process per folder'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe("pino's levels"),
  PARLEY_DATABASE_POOL: atLeast(2).default(10).describe('connections to Postgres of one node'),
  PARLEY_COMMIT_BATCH: atLeast(1).default(200).describe('messages of one flush at most'),
  PARLEY_COMMIT_QUEUE: atLeast(1)
    .default(10_000)
    .describe('messages that may wait for a flush; more are `overloaded`'),
  PARLEY_SWEEP_MS: atLeast(50).default(4000).describe('how often active chats are compared with Postgres'),
  PARLEY_LEASE_MS: atLeast(300)
    .default(10_000)
    .describe('presence: a node that is silent for this long is taken for dead'),
  PARLEY_OFFLINE_HOLD_MS: atLeast(0).default(4000).describe('presence: how long going offline is held back'),
  PARLEY_ATTACHMENT_BYTES: atLeast(1).default(26_214_400).describe('bytes of one attachment at most'),
  PARLEY_ATTACHMENTS_PER_MESSAGE: atLeast(1)
    .pipe(z.number().max(20))
    .default(10)
    .describe('attachments of one message, and files of one upload, at most'),
  PARLEY_ATTACHMENT_TYPES: list
    .optional()
    .describe('types that are taken, told by their content and separated by commas; absent: see Attachments'),
  PARLEY_ATTACHMENT_UNSENT_SECONDS: atLeast(1)
    .default(86_400)
    .describe('an attachment that no message names is removed after this'),
  PARLEY_LINK_SECONDS: atLeast(1).default(300).describe('how long a URL to download from is good for'),
  PARLEY_UPLOADS: atLeast(1).default(50).describe('uploads under way on one node; more are `overloaded`'),
  PARLEY_SCAN_URL: httpUrl
    .refine(
      (url) => new URL(url).username === '' && new URL(url).password === '',
      'must have no user or password',
    )
    .optional()
    .describe('scanner that is asked about every attachment (docs/scanning.md); absent: none'),
  PARLEY_SCAN_TIMEOUT_MS: atLeast(100)
    .default(30_000)
    .describe('how long a scanner may take for its verdict'),
  PARLEY_RATE_MESSAGES: atLeast(0).default(20).describe('reserved: checked, not yet enforced'),
  PARLEY_RATE_JOINS: atLeast(0).default(50).describe('reserved: checked, not yet enforced'),
  PARLEY_RATE_TYPING: atLeast(0).default(5).describe('reserved: checked, not yet enforced'),
  PARLEY_RATE_CONNECTS: atLeast(0).default(10).describe('reserved: checked, not yet enforced'),
  PARLEY_RATE_CONNECTS_PER_ADDRESS: atLeast(0).default(100).describe('reserved: checked, not yet enforced'),
  PARLEY_SESSIONS_PER_USER: atLeast(0).default(20).describe('reserved: checked, not yet enforced'),
  PARLEY_SESSION_BUFFER_BYTES: atLeast(65_536)
    .default(1_048_576)
    .describe('bytes that may wait for one slow session of the raw door before it is dropped'),
  PARLEY_DRAIN_SECONDS: atLeast(0).default(25).describe('reserved: checked, not yet enforced'),
})

type Environment = z.infer<typeof environment>
export type LogLevel = Environment['LOG_LEVEL']

export interface Config {
  readonly port: number
  readonly wsPort: number
  readonly host: string
  /** No outside engine at all: PGlite and the in-process bus. */
  readonly embedded: boolean
  readonly databaseUrl: string | undefined
  readonly databasePool: number
  readonly redisUrl: string | undefined
  readonly jwt: JwtConfig
  /** `*`, or the origins that browsers may come from. */
  readonly corsOrigins: '*' | readonly string[]
  readonly trustProxy: readonly string[] | undefined
  readonly dataDir: string
  readonly logLevel: LogLevel
  readonly commit: { readonly batch: number; readonly queue: number }
  readonly sweepMs: number
  readonly presence: { readonly leaseMs: number; readonly offlineHoldMs: number }
  readonly sessionBufferBytes: number
  readonly blobs: BlobConfig
  readonly attachments: AttachmentConfig
}

/** Where blobs are kept; `off`: several nodes that share no place for them. */
export type BlobConfig =
  | { readonly kind: 'files'; readonly dataDir: string }
  | { readonly kind: 'off' }
  | {
      readonly kind: 's3'
      readonly endpoint: string
      readonly publicEndpoint: string
      readonly bucket: string
      readonly accessKey: string
      readonly secretKey: string
      readonly region: string
      /** Whose pages may upload to the store. */
      readonly corsOrigins: '*' | readonly string[]
    }

export interface AttachmentConfig {
  readonly bytes: number
  readonly perMessage: number
  readonly types: readonly FileType[]
  readonly unsentSeconds: number
  readonly linkSeconds: number
  readonly uploads: number
  readonly scan: { readonly url: string; readonly timeoutMs: number } | undefined
}

export interface JwtConfig {
  /** Where keys come from; `embedded` is the random secret kept in `DATA_DIR`. */
  readonly key:
    | { readonly kind: 'secret'; readonly secret: string }
    | { readonly kind: 'public-key'; readonly pem: string }
    | { readonly kind: 'jwks'; readonly url: string }
    | { readonly kind: 'embedded' }
  readonly issuer: string | undefined
  readonly audience: string | undefined
}

/** Every fault of the environment in one message. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'

  constructor(faults: readonly string[]) {
    super(
      `The configuration has ${faults.length} fault(s):\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    )
  }
}

/** @throws ConfigError naming every bad value, every unknown `PARLEY_*` and every combination that cannot work. */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  const faults = Object.keys(given)
    .filter((name) => name.startsWith('PARLEY_') && !(name in environment.shape))
    .map((name) => `${name}: unknown variable`)

  const parsed = environment.safeParse(given)
  if (!parsed.success) {
    for (const issue of parsed.error.issues) faults.push(`${issue.path.join('.')}: ${issue.message}`)
    throw new ConfigError(faults)
  }
  const vars = parsed.data
  const keys = [vars.JWT_SECRET, vars.JWT_PUBLIC_KEY, vars.JWKS_URL].filter((key) => key !== undefined)
  if (vars.REDIS_URL !== undefined && vars.DATABASE_URL === undefined)
    faults.push('REDIS_URL: needs DATABASE_URL, or the nodes would not share a database')
  if (vars.DATABASE_URL !== undefined && keys.length === 0)
    faults.push('JWT_SECRET: with DATABASE_URL one of JWT_SECRET, JWT_PUBLIC_KEY and JWKS_URL is needed')
  if (keys.length > 1) faults.push('JWT_SECRET: set only one of JWT_SECRET, JWT_PUBLIC_KEY and JWKS_URL')
  if (vars.PORT !== 0 && vars.PORT === vars.WS_PORT) faults.push('WS_PORT: must differ from PORT')
  for (const name of ['S3_ACCESS_KEY', 'S3_SECRET_KEY'] as const)
    if (vars.S3_ENDPOINT !== undefined && vars[name] === undefined)
      faults.push(`${name}: needed with S3_ENDPOINT`)
  for (const type of vars.PARLEY_ATTACHMENT_TYPES ?? [])
    if (!isFileType(type))
      faults.push(`PARLEY_ATTACHMENT_TYPES: ${type} is not a type that is told by its content`)
  if (faults.length > 0) throw new ConfigError(faults)

  const embedded = vars.DATABASE_URL === undefined
  return {
    port: vars.PORT,
    wsPort: vars.WS_PORT,
    host: vars.HOST,
    embedded,
    databaseUrl: vars.DATABASE_URL,
    databasePool: vars.PARLEY_DATABASE_POOL,
    redisUrl: vars.REDIS_URL,
    jwt: { key: jwtKey(vars), issuer: vars.JWT_ISSUER, audience: vars.JWT_AUDIENCE },
    corsOrigins: corsOrigins(vars.CORS_ORIGINS, embedded),
    trustProxy: vars.TRUST_PROXY,
    dataDir: vars.DATA_DIR,
    logLevel: vars.LOG_LEVEL,
    commit: { batch: vars.PARLEY_COMMIT_BATCH, queue: vars.PARLEY_COMMIT_QUEUE },
    sweepMs: vars.PARLEY_SWEEP_MS,
    presence: { leaseMs: vars.PARLEY_LEASE_MS, offlineHoldMs: vars.PARLEY_OFFLINE_HOLD_MS },
    sessionBufferBytes: vars.PARLEY_SESSION_BUFFER_BYTES,
    blobs: blobConfig(vars, corsOrigins(vars.CORS_ORIGINS, embedded)),
    attachments: {
      bytes: vars.PARLEY_ATTACHMENT_BYTES,
      perMessage: vars.PARLEY_ATTACHMENTS_PER_MESSAGE,
      types: attachmentTypes(vars.PARLEY_ATTACHMENT_TYPES),
      unsentSeconds: vars.PARLEY_ATTACHMENT_UNSENT_SECONDS,
      linkSeconds: vars.PARLEY_LINK_SECONDS,
      uploads: vars.PARLEY_UPLOADS,
      scan:
        vars.PARLEY_SCAN_URL === undefined
          ? undefined
          : { url: vars.PARLEY_SCAN_URL, timeoutMs: vars.PARLEY_SCAN_TIMEOUT_MS },
    },
  }
}

function blobConfig(vars: Environment, origins: Config['corsOrigins']): BlobConfig {
  const { S3_ENDPOINT: endpoint, S3_ACCESS_KEY: accessKey, S3_SECRET_KEY: secretKey } = vars
  if (endpoint === undefined || accessKey === undefined || secretKey === undefined)
    return vars.REDIS_URL === undefined ? { kind: 'files', dataDir: vars.DATA_DIR } : { kind: 'off' }
  return {
    kind: 's3',
    endpoint,
    publicEndpoint: vars.S3_PUBLIC_ENDPOINT ?? endpoint,
    bucket: vars.S3_BUCKET,
    accessKey,
    secretKey,
    region: vars.S3_REGION,
    corsOrigins: origins,
  }
}

function jwtKey(vars: Environment): JwtConfig['key'] {
  if (vars.JWT_SECRET !== undefined) return { kind: 'secret', secret: vars.JWT_SECRET }
  if (vars.JWT_PUBLIC_KEY !== undefined) return { kind: 'public-key', pem: vars.JWT_PUBLIC_KEY }
  if (vars.JWKS_URL !== undefined) return { kind: 'jwks', url: vars.JWKS_URL }
  return { kind: 'embedded' }
}

function corsOrigins(given: readonly string[] | undefined, embedded: boolean): Config['corsOrigins'] {
  if (given === undefined) return embedded ? '*' : []
  return given.includes('*') ? '*' : given
}

function attachmentTypes(given: readonly string[] | undefined): FileType[] {
  const known = Object.keys(FILE_TYPES).filter(isFileType)
  return known.filter((type) => given?.includes(type) ?? FILE_TYPES[type].byDefault)
}

function isAddressRange(text: string): boolean {
  if (text === 'loopback') return true
  const [address = '', bits, ...rest] = text.split('/')
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return (
    rest.length === 0 &&
    most > 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= most))
  )
}

function isPublicKey(value: string): boolean {
  try {
    return ['rsa', 'ec', 'ed25519'].includes(createPublicKey(value).asymmetricKeyType ?? '')
  } catch {
    return false
  }
}
