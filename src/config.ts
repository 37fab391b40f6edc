import { availableParallelism } from 'node:os'
import { type Environment, environment } from './environment.js'
import { ALL_FILE_TYPES, FILE_TYPES, type FileType, isFileType } from './protocol/file-types.js'

/** The only reader of the environment: parsed once, whole, at start; afterwards plain data. */

export type LogLevel = Environment['LOG_LEVEL']

export interface Config {
  readonly port: number
  readonly wsPort: number
  /** Processes that share the ports; undefined: this one alone. */
  readonly workers: number | undefined
  readonly opsPort: number
  readonly host: string
  /** No outside engine at all: PGlite and the in-process bus. */
  readonly embedded: boolean
  readonly databaseUrl: string | undefined
  /** For pages of history. */
  readonly databaseReplicaUrl: string | undefined
  readonly databasePool: number
  readonly preparedStatements: boolean
  readonly redis: RedisConfig | undefined
  readonly jwt: JwtConfig
  /** `*`, or the origins that browsers may come from. */
  readonly corsOrigins: '*' | readonly string[]
  readonly trustProxy: readonly string[] | undefined
  readonly dataDir: string
  readonly logLevel: LogLevel
  readonly commit: { readonly batch: number; readonly queue: number }
  readonly sweepMs: number
  readonly presence: { readonly leaseMs: number; readonly offlineHoldMs: number }
  /** Per second; 0: no limit. */
  readonly rates: {
    readonly messages: number
    readonly joins: number
    readonly typing: number
    readonly connects: number
    readonly connectsPerAddress: number
  }
  /** 0: no limit. */
  readonly sessionsPerUser: number
  readonly sessionBufferBytes: number
  readonly bufferBytes: number
  readonly drainMs: number
  readonly blobs: BlobConfig
  readonly attachments: AttachmentConfig
  /** 0: for ever. */
  readonly retentionDays: { readonly order: number; readonly general: number; readonly audit: number }
  /** Undefined: no traces. */
  readonly tracing: TracingConfig | undefined
}

/** Where Redis is, and how one gets in. */
export interface RedisConfig {
  readonly mode: Environment['REDIS_MODE']
  /** Of the server, of some servers of the cluster, or of the sentinels. */
  readonly addresses: readonly { readonly host: string; readonly port: number }[]
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: number
  /** Undefined: without TLS, to the sentinels too. */
  readonly tls: { readonly ca: string | undefined } | undefined
  readonly sentinel:
    | {
        /** Of the master that they watch. */
        readonly name: string
        readonly username: string | undefined
        readonly password: string | undefined
      }
    | undefined
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

export interface TracingConfig {
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly serviceName: string
  readonly ratio: number
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

/** What is told of an error that ends the process: of the configuration what is wrong with it, of others where. */
export function faultText(error: unknown): string {
  if (error instanceof ConfigError) return error.message
  return (error instanceof Error && error.stack) || String(error)
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
  faults.push(...redisFaults(vars))
  if (vars.DATABASE_REPLICA_URL !== undefined && vars.DATABASE_URL === undefined)
    faults.push('DATABASE_REPLICA_URL: needs DATABASE_URL, whose replica it is')
  if (vars.DATABASE_URL !== undefined && keys.length === 0)
    faults.push('JWT_SECRET: with DATABASE_URL one of JWT_SECRET, JWT_PUBLIC_KEY and JWKS_URL is needed')
  if (keys.length > 1) faults.push('JWT_SECRET: set only one of JWT_SECRET, JWT_PUBLIC_KEY and JWKS_URL')
  if (vars.PORT !== 0 && vars.PORT === vars.WS_PORT) faults.push('WS_PORT: must differ from PORT')
  if (vars.WORKERS !== undefined) {
    if (vars.REDIS_URL === undefined)
      faults.push('WORKERS: needs REDIS_URL, or the processes would not hear of each other')
    if (vars.WS_PORT === 0)
      faults.push('WORKERS: needs a WS_PORT that is not 0, or each process would get another one')
  }
  if (vars.OPS_PORT !== 0 && [vars.PORT, vars.WS_PORT].includes(vars.OPS_PORT))
    faults.push('OPS_PORT: must differ from PORT and WS_PORT')
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
    workers: workerCount(vars.WORKERS),
    opsPort: vars.OPS_PORT,
    host: vars.HOST,
    embedded,
    databaseUrl: vars.DATABASE_URL,
    databaseReplicaUrl: vars.DATABASE_REPLICA_URL,
    databasePool: vars.PARLEY_DATABASE_POOL,
    preparedStatements: vars.PARLEY_PREPARED_STATEMENTS === 'true',
    redis: redisConfig(vars),
    jwt: { key: jwtKey(vars), issuer: vars.JWT_ISSUER, audience: vars.JWT_AUDIENCE },
    corsOrigins: corsOrigins(vars.CORS_ORIGINS, embedded),
    trustProxy: vars.TRUST_PROXY,
    dataDir: vars.DATA_DIR,
    logLevel: vars.LOG_LEVEL,
    commit: { batch: vars.PARLEY_COMMIT_BATCH, queue: vars.PARLEY_COMMIT_QUEUE },
    sweepMs: vars.PARLEY_SWEEP_MS,
    presence: { leaseMs: vars.PARLEY_LEASE_MS, offlineHoldMs: vars.PARLEY_OFFLINE_HOLD_MS },
    rates: {
      messages: vars.PARLEY_RATE_MESSAGES,
      joins: vars.PARLEY_RATE_JOINS,
      typing: vars.PARLEY_RATE_TYPING,
      connects: vars.PARLEY_RATE_CONNECTS,
      connectsPerAddress: vars.PARLEY_RATE_CONNECTS_PER_ADDRESS,
    },
    sessionsPerUser: vars.PARLEY_SESSIONS_PER_USER,
    sessionBufferBytes: vars.PARLEY_SESSION_BUFFER_BYTES,
    bufferBytes: vars.PARLEY_BUFFER_BYTES,
    drainMs: vars.PARLEY_DRAIN_SECONDS * 1000,
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
    retentionDays: {
      order: vars.PARLEY_RETENTION_ORDER_DAYS,
      general: vars.PARLEY_RETENTION_GENERAL_DAYS,
      audit: vars.PARLEY_RETENTION_AUDIT_DAYS,
    },
    tracing:
      vars.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
        ? undefined
        : {
            endpoint: vars.OTEL_EXPORTER_OTLP_ENDPOINT,
            headers: vars.OTEL_EXPORTER_OTLP_HEADERS ?? {},
            serviceName: vars.OTEL_SERVICE_NAME,
            ratio: vars.OTEL_TRACES_SAMPLER_ARG,
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

/** What cannot work together. */
function redisFaults(vars: Environment): string[] {
  const urls = (vars.REDIS_URL ?? []).map((url) => new URL(url))
  const faults: string[] = []
  if (urls.length > 1 && vars.REDIS_MODE === 'standalone')
    faults.push('REDIS_URL: several are for REDIS_MODE cluster or sentinel')
  if (new Set(urls.map(({ protocol, username, password }) => [protocol, username, password].join())).size > 1)
    faults.push('REDIS_URL: all must have the same scheme, user and password')
  if (new Set(urls.map(databaseOf)).size > 1) faults.push('REDIS_URL: all must have the same database')
  if (vars.REDIS_MODE === 'cluster' && urls.some((url) => databaseOf(url) !== 0))
    faults.push('REDIS_URL: a cluster has no database but 0')
  if (urls.length === 0 && vars.REDIS_MODE !== 'standalone')
    faults.push(`REDIS_URL: needed with REDIS_MODE ${vars.REDIS_MODE}`)
  if (vars.REDIS_MODE === 'sentinel' && vars.REDIS_SENTINEL_NAME === undefined)
    faults.push('REDIS_SENTINEL_NAME: needed with REDIS_MODE sentinel')
  for (const name of ['REDIS_SENTINEL_NAME', 'REDIS_SENTINEL_USER', 'REDIS_SENTINEL_PASSWORD'] as const)
    if (vars.REDIS_MODE !== 'sentinel' && vars[name] !== undefined)
      faults.push(`${name}: only for REDIS_MODE sentinel`)
  if (vars.REDIS_SENTINEL_USER !== undefined && vars.REDIS_SENTINEL_PASSWORD === undefined)
    faults.push('REDIS_SENTINEL_PASSWORD: needed with REDIS_SENTINEL_USER')
  if (vars.REDIS_CA !== undefined && urls.some(({ protocol }) => protocol !== 'rediss:'))
    faults.push('REDIS_CA: only for REDIS_URL with rediss://')
  return faults
}

function redisConfig(vars: Environment): RedisConfig | undefined {
  const urls = (vars.REDIS_URL ?? []).map((url) => new URL(url))
  const [first] = urls
  if (first === undefined) return undefined
  const { REDIS_MODE: mode, REDIS_SENTINEL_NAME: name } = vars
  return {
    mode,
    addresses: urls.map(({ hostname, port }) => ({
      // An IPv6 address has brackets in a URL, and nowhere else.
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? (mode === 'sentinel' ? 26_379 : 6379) : Number(port),
    })),
    username: first.username === '' ? undefined : decodeURIComponent(first.username),
    password: first.password === '' ? undefined : decodeURIComponent(first.password),
    database: databaseOf(first),
    tls: first.protocol === 'rediss:' ? { ca: vars.REDIS_CA } : undefined,
    sentinel:
      name === undefined
        ? undefined
        : { name, username: vars.REDIS_SENTINEL_USER, password: vars.REDIS_SENTINEL_PASSWORD },
  }
}

function databaseOf({ pathname }: URL): number {
  return Number(pathname.slice(1))
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
  return ALL_FILE_TYPES.filter((type) => given?.includes(type) ?? FILE_TYPES[type].byDefault)
}

function workerCount(given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  return given === 'auto' ? availableParallelism() : Number(given)
}
