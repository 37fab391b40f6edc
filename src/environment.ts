import { createPublicKey, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { z } from 'zod'

/**
 * The variables that are read, each with its check and its default. Its description is its row in the README's table
 * (a test keeps the two equal).
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

/** `name=value` pairs as OpenTelemetry writes them: values are percent-encoded. */
const pairs = list
  .refine((parts) => parts.every(isPair), 'must be name=value, separated by commas')
  .transform((parts) =>
    Object.fromEntries(
      parts.map((part) => {
        const [name = '', ...value] = part.split('=')
        return [name.trim(), decodeURIComponent(value.join('=').trim())]
      }),
    ),
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

const certificate = text
  .transform((value) => value.replaceAll('\\n', '\n'))
  .refine(isCertificate, 'must be a certificate in PEM')

const REDIS_URL_FORM =
  'must be redis://[user:password@]host[:port][/database] or rediss://…, several separated by commas'

export const environment = z.object({
  PORT: port
    .default(3000)
    .describe('Fastify: REST, the Socket.IO door, the page, `/openapi.json`, `/livez`, `/readyz`'),
  WS_PORT: port
    .default(3001)
    .describe('uWebSockets.js: raw WebSocket at `/ws`; taken exclusively, unless `WORKERS` is set'),
  WORKERS: z
    .string()
    .regex(/^(auto|[1-9]\d{0,2})$/, 'must be a number of processes, or `auto`')
    .optional()
    .describe(
      'processes on this machine that share the ports, each a node; `auto`: one per core; needs `REDIS_URL`',
    ),
  OPS_PORT: port
    .default(9464)
    .describe(
      '`/metrics` in the format of Prometheus ([docs/metrics.md](docs/metrics.md)); not for the public',
    ),
  HOST: text.default('127.0.0.1').describe('address of all listeners'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('Postgres 15 or later; absent: embedded PGlite in `DATA_DIR`'),
  DATABASE_REPLICA_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe('a streaming replica of it; pages of history are read there when it is as new as they are'),
  REDIS_URL: list
    .refine((urls) => urls.length > 0 && urls.every(isRedisUrl), REDIS_URL_FORM)
    .optional()
    .describe(
      'Redis 7 or later (docs/redis.md), of a cluster or sentinels several; absent: in-process bus, one node',
    ),
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
  REDIS_MODE: z
    .enum(['standalone', 'cluster', 'sentinel'])
    .default('standalone')
    .describe('what `REDIS_URL` names: one server, some of a Redis Cluster, or sentinels'),
  REDIS_CA: certificate
    .optional()
    .describe('PEM: who signs the certificates of `rediss://`; absent: those that Node trusts'),
  REDIS_SENTINEL_NAME: text.optional().describe('name of the master that the sentinels watch'),
  REDIS_SENTINEL_USER: text.optional().describe("the sentinels' own user; `REDIS_URL` has the servers'"),
  REDIS_SENTINEL_PASSWORD: text.optional().describe("the sentinels' own password"),
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
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl
    .optional()
    .describe('OpenTelemetry collector (OTLP over HTTP) that traces of sends go to; absent: no traces'),
  OTEL_EXPORTER_OTLP_HEADERS: pairs.optional().describe('sent to it, as `name=value`, separated by commas'),
  OTEL_SERVICE_NAME: text.default('parley').describe('what traces name the service'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe('part of the sends that is traced, of 1'),
  PARLEY_DATABASE_POOL: atLeast(2).default(10).describe('connections to Postgres of one node'),
  PARLEY_PREPARED_STATEMENTS: z
    .enum(['true', 'false'])
    .default('true')
    .describe('`false` behind a PgBouncer that shares connections by transaction and is older than 1.21'),
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
  PARLEY_RATE_MESSAGES: atLeast(0)
    .default(20)
    .describe('messages said, edited and deleted, per user, second and node; 0 here and below: no limit'),
  PARLEY_RATE_JOINS: atLeast(0).default(50).describe('`join` and `resume`, per user, second and node'),
  PARLEY_RATE_TYPING: atLeast(0).default(5).describe('`typing`, per user, second and node'),
  PARLEY_RATE_CONNECTS: atLeast(0).default(10).describe('new sessions per user, second and node'),
  PARLEY_RATE_CONNECTS_PER_ADDRESS: atLeast(0)
    .default(100)
    .describe('new connections per address (IPv6: per /64), second and node, counted before the token'),
  PARLEY_SESSIONS_PER_USER: atLeast(0)
    .default(20)
    .describe('sessions of one user on all nodes; beyond, the oldest is closed with 4429'),
  PARLEY_SESSION_BUFFER_BYTES: atLeast(262_144)
    .default(1_048_576)
    .describe('bytes that may wait for one slow session before it is closed with 4002'),
  PARLEY_BUFFER_BYTES: atLeast(1_048_576)
    .default(268_435_456)
    .describe('bytes that may wait for all sessions of a node together; beyond, the slowest are cut off'),
  PARLEY_DRAIN_SECONDS: atLeast(0)
    .default(25)
    .describe('a node that is told to end sends its sessions away over this time at most'),
})

export type Environment = z.infer<typeof environment>

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

function isPair(part: string): boolean {
  try {
    decodeURIComponent(part)
  } catch {
    return false
  }
  return /^[\w!#$&'*+.^`|~-]+\s*=/.test(part)
}

function isPublicKey(value: string): boolean {
  try {
    return ['rsa', 'ec', 'ed25519'].includes(createPublicKey(value).asymmetricKeyType ?? '')
  } catch {
    return false
  }
}

function isCertificate(value: string): boolean {
  try {
    return new X509Certificate(value).subject !== undefined
  } catch {
    return false
  }
}

function isRedisUrl(value: string): boolean {
  try {
    const { protocol, hostname, pathname, username, password, search, hash } = new URL(value)
    decodeURIComponent(username + password)
    const isPlain = search === '' && hash === '' && /^\/?\d{0,4}$/.test(pathname)
    return isPlain && hostname !== '' && ['redis:', 'rediss:'].includes(protocol)
  } catch {
    return false
  }
}
