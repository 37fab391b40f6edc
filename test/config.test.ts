import { readFile } from 'node:fs/promises'
import t from 'tap'
import { ConfigError, loadConfig } from '../src/config.js'
import { environment } from '../src/environment.js'
import { FILE_TYPES } from '../src/protocol/file-types.js'

/** The message of the refusal. */
function refusal(env: NodeJS.ProcessEnv): string {
  try {
    loadConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error('the configuration was accepted')
}

const DEFAULT_TYPES = Object.entries(FILE_TYPES).flatMap(([type, { byDefault }]) => (byDefault ? [type] : []))

const POSTGRES = { DATABASE_URL: 'postgres://parley@db/parley', JWT_SECRET: 'secret' }

const PEM = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
`

const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBdzCCAR2gAwIBAgIUW/XFlWzuoaQGyvqn6z2ZweNx8CQwCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFcmVkaXMwIBcNMjYxMTI4MTM1OTEwWhgPMjEyNjExMDQxMzU5
MTBaMBAxDjAMBgNVBAMMBXJlZGlzMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
coobLygJ6dDMaNAllY70fxhBkSefAGsJ55nOYeI2kksFN7tIu6Qc7wskkCv4PLDs
pE881fHpE5+fW+sIQnX6f6NTMFEwHQYDVR0OBBYEFF3v/DvRry1Npho3kXbXsJ/r
dr8YMB8GA1UdIwQYMBaAFF3v/DvRry1Npho3kXbXsJ/rdr8YMA8GA1UdEwEB/wQF
MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIgMk1hcmT4FVof8gaVF1f3k+T+AF9O6zpC
FOkXnQXK1eACIQDzEX2hm1Rx/jO+fPcbSXrIpH3pN5NkGwuTt61Ic4xBAg==
-----END CERTIFICATE-----
`

t.test('with no variable at all it runs embedded', async (t) => {
  t.strictSame(loadConfig({}), {
    port: 3000,
    wsPort: 3001,
    workers: undefined,
    opsPort: 9464,
    host: '127.0.0.1',
    embedded: true,
    databaseUrl: undefined,
    databaseReplicaUrl: undefined,
    databasePool: 10,
    preparedStatements: true,
    redis: undefined,
    jwt: { key: { kind: 'embedded' }, issuer: undefined, audience: undefined },
    corsOrigins: '*',
    trustProxy: undefined,
    dataDir: './data',
    logLevel: 'info',
    commit: { batch: 200, queue: 10_000 },
    sweepMs: 4000,
    presence: { leaseMs: 10_000, offlineHoldMs: 4000 },
    rates: { messages: 20, joins: 50, typing: 5, connects: 10, connectsPerAddress: 100 },
    sessionsPerUser: 20,
    sessionBufferBytes: 1_048_576,
    bufferBytes: 268_435_456,
    drainMs: 25_000,
    blobs: { kind: 'files', dataDir: './data' },
    attachments: {
      bytes: 26_214_400,
      perMessage: 10,
      types: DEFAULT_TYPES,
      unsentSeconds: 86_400,
      linkSeconds: 300,
      uploads: 50,
      scan: undefined,
    },
    tracing: undefined,
  })
})

t.test('what the contract gives a default has that default', async (t) => {
  t.match(environment.parse({}), {
    PARLEY_RATE_MESSAGES: 20,
    PARLEY_RATE_JOINS: 50,
    PARLEY_RATE_TYPING: 5,
    PARLEY_RATE_CONNECTS: 10,
    PARLEY_RATE_CONNECTS_PER_ADDRESS: 100,
    PARLEY_SESSIONS_PER_USER: 20,
    PARLEY_DRAIN_SECONDS: 25,
    REDIS_MODE: 'standalone',
  })
})

t.test('every variable that is given is used', async (t) => {
  const config = loadConfig({
    ...POSTGRES,
    PORT: '0',
    WS_PORT: '1',
    WORKERS: '7',
    OPS_PORT: '0',
    HOST: '0.0.0.0',
    REDIS_URL: 'redis://parley:s%40fe@redis:6380/3',
    JWT_ISSUER: 'shop',
    JWT_AUDIENCE: 'chat',
    CORS_ORIGINS: 'https://a.example, https://b.example,',
    TRUST_PROXY: '10.0.0.0/8',
    DATA_DIR: '/var/lib/parley',
    LOG_LEVEL: 'silent',
    PARLEY_DATABASE_POOL: '2',
    PARLEY_PREPARED_STATEMENTS: 'false',
    DATABASE_REPLICA_URL: 'postgres://replica/parley',
    PARLEY_COMMIT_BATCH: '1',
    PARLEY_COMMIT_QUEUE: '3',
    PARLEY_SWEEP_MS: '50',
    PARLEY_LEASE_MS: '300',
    PARLEY_OFFLINE_HOLD_MS: '0',
    PARLEY_RATE_MESSAGES: '1',
    PARLEY_RATE_JOINS: '2',
    PARLEY_RATE_TYPING: '3',
    PARLEY_RATE_CONNECTS: '4',
    PARLEY_RATE_CONNECTS_PER_ADDRESS: '5',
    PARLEY_SESSIONS_PER_USER: '0',
    PARLEY_SESSION_BUFFER_BYTES: '262144',
    PARLEY_BUFFER_BYTES: '2097152',
    PARLEY_DRAIN_SECONDS: '9',
    S3_ENDPOINT: 'http://minio:9000',
    S3_BUCKET: 'chat-files',
    S3_ACCESS_KEY: 'key',
    S3_SECRET_KEY: 'hush',
    S3_REGION: 'eu-central-1',
    S3_PUBLIC_ENDPOINT: 'https://files.example',
    PARLEY_ATTACHMENT_BYTES: '1000',
    PARLEY_ATTACHMENTS_PER_MESSAGE: '3',
    PARLEY_ATTACHMENT_TYPES: 'image/png, application/zip',
    PARLEY_ATTACHMENT_UNSENT_SECONDS: '60',
    PARLEY_LINK_SECONDS: '30',
    PARLEY_UPLOADS: '2',
    PARLEY_SCAN_URL: 'http://scanner:8080/scan',
    PARLEY_SCAN_TIMEOUT_MS: '500',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
    OTEL_EXPORTER_OTLP_HEADERS: 'api-key=hush%20hush, x=y=z',
    OTEL_SERVICE_NAME: 'chat',
    OTEL_TRACES_SAMPLER_ARG: '0.5',
  })
  t.strictSame(config, {
    port: 0,
    wsPort: 1,
    workers: 7,
    opsPort: 0,
    host: '0.0.0.0',
    embedded: false,
    databaseUrl: POSTGRES.DATABASE_URL,
    databaseReplicaUrl: 'postgres://replica/parley',
    databasePool: 2,
    preparedStatements: false,
    redis: {
      mode: 'standalone',
      addresses: [{ host: 'redis', port: 6380 }],
      username: 'parley',
      password: 's@fe',
      database: 3,
      tls: undefined,
      sentinel: undefined,
    },
    jwt: { key: { kind: 'secret', secret: 'secret' }, issuer: 'shop', audience: 'chat' },
    corsOrigins: ['https://a.example', 'https://b.example'],
    trustProxy: ['10.0.0.0/8'],
    dataDir: '/var/lib/parley',
    logLevel: 'silent',
    commit: { batch: 1, queue: 3 },
    sweepMs: 50,
    presence: { leaseMs: 300, offlineHoldMs: 0 },
    rates: { messages: 1, joins: 2, typing: 3, connects: 4, connectsPerAddress: 5 },
    sessionsPerUser: 0,
    sessionBufferBytes: 262_144,
    bufferBytes: 2_097_152,
    drainMs: 9000,
    blobs: {
      kind: 's3',
      endpoint: 'http://minio:9000',
      publicEndpoint: 'https://files.example',
      bucket: 'chat-files',
      accessKey: 'key',
      secretKey: 'hush',
      region: 'eu-central-1',
      corsOrigins: ['https://a.example', 'https://b.example'],
    },
    attachments: {
      bytes: 1000,
      perMessage: 3,
      types: ['image/png', 'application/zip'],
      unsentSeconds: 60,
      linkSeconds: 30,
      uploads: 2,
      scan: { url: 'http://scanner:8080/scan', timeoutMs: 500 },
    },
    tracing: {
      endpoint: 'http://collector:4318',
      headers: { 'api-key': 'hush hush', x: 'y=z' },
      serviceName: 'chat',
      ratio: 0.5,
    },
  })
})

t.test('blobs are kept where all nodes reach them, or not at all', async (t) => {
  const s3 = { S3_ENDPOINT: 'http://minio:9000', S3_ACCESS_KEY: 'key', S3_SECRET_KEY: 'hush' }
  t.strictSame(loadConfig(POSTGRES).blobs, { kind: 'files', dataDir: './data' }, 'one node')
  t.strictSame(loadConfig({ ...POSTGRES, REDIS_URL: 'redis://redis' }).blobs, { kind: 'off' })
  t.match(loadConfig({ ...POSTGRES, REDIS_URL: 'redis://redis', ...s3 }).blobs, {
    kind: 's3',
    bucket: 'parley',
    region: 'us-east-1',
    publicEndpoint: 'http://minio:9000',
  })
})

t.test('a store without its keys, and types that cannot be told, are refused', async (t) => {
  t.match(refusal({ S3_ENDPOINT: 'http://minio:9000', S3_ACCESS_KEY: 'key' }), /S3_SECRET_KEY/)
  for (const url of [
    'minio:9000',
    'http://minio/path',
    'http://[::1]:9000',
    'http://key:hush@minio',
    'ftp://minio',
  ])
    t.match(refusal({ S3_ENDPOINT: url }), /S3_ENDPOINT/, url)
  t.match(refusal({ S3_BUCKET: '../etc' }), /S3_BUCKET/)
  t.match(refusal({ PARLEY_SCAN_URL: 'http://user:hush@scanner/' }), /PARLEY_SCAN_URL/)
  t.match(refusal({ PARLEY_ATTACHMENT_TYPES: 'image/png,image/svg+xml' }), /image\/svg\+xml/)
  t.match(refusal({ PARLEY_ATTACHMENTS_PER_MESSAGE: '21' }), /PARLEY_ATTACHMENTS_PER_MESSAGE/)
})

t.test('an empty variable is one that is not set, and foreign ones are none of ours', async (t) => {
  t.strictSame(loadConfig({ PORT: '', DATABASE_URL: '', PARLEY_TYPO: '', PATH: '/bin' }), loadConfig({}))
})

t.test('browsers may come from anywhere only when embedded, or when it is said', async (t) => {
  t.strictSame(loadConfig(POSTGRES).corsOrigins, [])
  t.equal(loadConfig({ ...POSTGRES, CORS_ORIGINS: 'https://a.example,*' }).corsOrigins, '*')
  t.strictSame(loadConfig({ CORS_ORIGINS: 'https://a.example' }).corsOrigins, ['https://a.example'])
})

t.test('each way to give a key', async (t) => {
  const { DATABASE_URL } = POSTGRES
  const keyOf = (env: NodeJS.ProcessEnv) => loadConfig({ DATABASE_URL, ...env }).jwt.key
  t.strictSame(keyOf({ JWT_SECRET: 's' }), { kind: 'secret', secret: 's' })
  t.strictSame(keyOf({ JWT_PUBLIC_KEY: PEM }), { kind: 'public-key', pem: PEM })
  const oneLine = PEM.replaceAll('\n', '\\n')
  t.strictSame(keyOf({ JWT_PUBLIC_KEY: oneLine }), { kind: 'public-key', pem: PEM }, 'as an env file has it')
  const url = 'https://id.example/keys'
  t.strictSame(keyOf({ JWKS_URL: url }), { kind: 'jwks', url })
})

t.test('nodes on Redis without a database they share are refused', async (t) => {
  t.match(refusal({ REDIS_URL: 'redis://redis' }), /REDIS_URL.*DATABASE_URL/)
  t.match(refusal({ DATABASE_REPLICA_URL: 'postgres://db/parley' }), /DATABASE_REPLICA_URL.*DATABASE_URL/)
})

t.test('a cluster and sentinels of Redis', async (t) => {
  const redis = (env: NodeJS.ProcessEnv) => loadConfig({ ...POSTGRES, ...env }).redis
  const cluster = { REDIS_MODE: 'cluster', REDIS_URL: 'rediss://:hush@one, rediss://:hush@[::1]:7000/' }
  t.strictSame(redis({ ...cluster, REDIS_CA: CERTIFICATE.replaceAll('\n', '\\n') }), {
    mode: 'cluster',
    addresses: [
      { host: 'one', port: 6379 },
      { host: '::1', port: 7000 },
    ],
    username: undefined,
    password: 'hush',
    database: 0,
    tls: { ca: CERTIFICATE },
    sentinel: undefined,
  })
  t.strictSame(redis(cluster)?.tls, { ca: undefined })
  const sentinels = {
    REDIS_MODE: 'sentinel',
    REDIS_URL: 'redis://u:p@a/1,redis://u:p@b:7/1',
    REDIS_SENTINEL_NAME: 'chat',
  }
  t.match(redis(sentinels), {
    addresses: [
      { host: 'a', port: 26_379 },
      { host: 'b', port: 7 },
    ],
    username: 'u',
    password: 'p',
    database: 1,
    sentinel: { name: 'chat', username: undefined, password: undefined },
  })
  t.strictSame(
    redis({ ...sentinels, REDIS_SENTINEL_USER: 'watch', REDIS_SENTINEL_PASSWORD: 'hush' })?.sentinel,
    {
      name: 'chat',
      username: 'watch',
      password: 'hush',
    },
  )
})

t.test('what cannot work of Redis is refused', async (t) => {
  const cluster = { REDIS_MODE: 'cluster', REDIS_URL: 'redis://a,redis://b' }
  const sentinel = { REDIS_MODE: 'sentinel', REDIS_URL: 'redis://a', REDIS_SENTINEL_NAME: 'chat' }
  const wrong: readonly (readonly [NodeJS.ProcessEnv, RegExp])[] = [
    [{ REDIS_URL: 'redis://a,redis://b' }, /REDIS_URL: several are for/],
    [{ ...cluster, REDIS_URL: 'redis://a,rediss://b' }, /REDIS_URL: all must have the same scheme/],
    [
      { ...cluster, REDIS_URL: 'redis://:x@a,redis://b' },
      /REDIS_URL: all must have the same scheme, user and password/,
    ],
    [{ ...cluster, REDIS_URL: 'redis://a/1' }, /REDIS_URL: a cluster has no database but 0/],
    [{ ...sentinel, REDIS_URL: 'redis://a/1,redis://b/2' }, /REDIS_URL: all must have the same database/],
    [{ REDIS_MODE: 'cluster' }, /REDIS_URL: needed with REDIS_MODE cluster/],
    [{ ...sentinel, REDIS_SENTINEL_NAME: '' }, /REDIS_SENTINEL_NAME: needed/],
    [{ ...cluster, REDIS_SENTINEL_NAME: 'chat' }, /REDIS_SENTINEL_NAME: only for/],
    [{ ...cluster, REDIS_SENTINEL_PASSWORD: 'hush' }, /REDIS_SENTINEL_PASSWORD: only for/],
    [{ ...sentinel, REDIS_SENTINEL_USER: 'watch' }, /REDIS_SENTINEL_PASSWORD: needed/],
    [{ ...cluster, REDIS_CA: CERTIFICATE }, /REDIS_CA: only for/],
  ]
  for (const [env, message] of wrong) {
    const found = refusal({ ...POSTGRES, ...env })
    t.match(found, message)
    t.match(found, '1 fault(s)')
  }
})

t.test('a database without a key is refused, and so is more than one key', async (t) => {
  const { DATABASE_URL } = POSTGRES
  const message = refusal({ DATABASE_URL })
  for (const name of ['JWT_SECRET', 'JWT_PUBLIC_KEY', 'JWKS_URL']) t.match(message, name)
  t.match(refusal({ JWT_SECRET: 's', JWT_PUBLIC_KEY: PEM }), /only one of/)
  t.match(refusal({ JWT_SECRET: 's', JWKS_URL: 'https://id.example' }), /only one of/)
})

t.test('two doors on one port are refused', async (t) => {
  t.match(refusal({ PORT: '4000', WS_PORT: '4000' }), 'WS_PORT')
  t.match(refusal({ PORT: '3001' }), 'WS_PORT', 'also when one of them is a default')
  t.match(refusal({ OPS_PORT: '3000' }), 'OPS_PORT')
  t.match(refusal({ WS_PORT: '9464' }), 'OPS_PORT')
})

t.test('an unknown PARLEY_ variable is refused by its name', async (t) => {
  t.match(refusal({ PARLEY_RATE_MESAGES: '5' }), 'PARLEY_RATE_MESAGES: unknown variable')
})

t.test('a bad value is refused by the name of its variable', async (t) => {
  const bad: Record<string, readonly string[]> = {
    PORT: ['http', '-1', '65536', '80.5'],
    WS_PORT: ['x'],
    DATABASE_URL: ['parley', 'mysql://db/parley'],
    REDIS_URL: [
      'redis',
      'http://redis',
      'redis://',
      'redis://redis/name',
      'redis://redis?db=1',
      'redis://%zz@redis',
    ],
    REDIS_MODE: ['many'],
    REDIS_CA: ['hush', PEM],
    JWKS_URL: ['keys', 'file:///keys'],
    JWT_PUBLIC_KEY: ['secret', PEM.replace('MCow', 'xxxx')],
    LOG_LEVEL: ['loud'],
    PARLEY_DATABASE_POOL: ['1', 'many'],
    PARLEY_COMMIT_BATCH: ['0'],
    PARLEY_COMMIT_QUEUE: ['0'],
    PARLEY_SWEEP_MS: ['49'],
    PARLEY_LEASE_MS: ['299'],
    PARLEY_OFFLINE_HOLD_MS: ['-1'],
    PARLEY_RATE_MESSAGES: ['-1', '1.5'],
    PARLEY_SESSION_BUFFER_BYTES: ['262143'],
    OTEL_EXPORTER_OTLP_ENDPOINT: ['collector', 'grpc://collector'],
    OTEL_EXPORTER_OTLP_HEADERS: ['key', '=value', 'a=1,b', 'a=%zz'],
    OTEL_TRACES_SAMPLER_ARG: ['2', '-1', 'all'],
  }
  for (const [name, values] of Object.entries(bad))
    for (const value of values)
      t.match(refusal({ ...POSTGRES, [name]: value }), `- ${name}: `, `${name}=${value}`)
})

t.test('every fault is named in one error', async (t) => {
  const message = refusal({
    PORT: 'x',
    LOG_LEVEL: 'loud',
    PARLEY_A: '1',
    PARLEY_B: '2',
    PARLEY_SWEEP_MS: '0',
  })
  for (const name of ['PORT', 'LOG_LEVEL', 'PARLEY_A', 'PARLEY_B', 'PARLEY_SWEEP_MS'])
    t.match(message, new RegExp(`^ {2}- ${name}: `, 'm'))
  t.match(message, '5 fault(s)')
  const combined = refusal({ REDIS_URL: 'redis://r', JWT_SECRET: 's', JWKS_URL: 'https://id', PARLEY_A: '1' })
  t.match(combined, '3 fault(s)', 'combinations too')
})

t.test('a refusal never shows a secret', async (t) => {
  const message = refusal({
    DATABASE_URL: 'postgres//parley:hunter2@db',
    REDIS_URL: 'hunter2',
    JWT_PUBLIC_KEY: 'hunter2',
  })
  t.notMatch(message, 'hunter2')
})

t.test('the table of the README is the schema', async (t) => {
  const defaults: Record<string, unknown> = environment.parse({})
  const expected = Object.entries(environment.shape).map(([name, schema]) => {
    const normal = defaults[name]
    return `| \`${name}\` | ${normal === undefined ? '' : `\`${normal}\``} | ${schema.description} |`
  })
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8').catch(() => undefined)
  const found = readme?.split('\n').filter((line) => /^\| `[A-Z][A-Z0-9_]+` \|/.test(line))
  const isEqual =
    found === undefined
      ? t.fail('there is no README.md')
      : t.strictSame(found.map(withBareDefault), expected.map(withBareDefault))
  if (!isEqual) t.comment(`the rows, as the schema has them:\n${expected.join('\n')}`)
})

/** A default may stand with or without backticks, and none may be a word or a dash. */
function withBareDefault(row: string): string {
  const [, name = '', normal = '', description = ''] = /^\| (\S+) \|([^|]*)\| ?(.*?) ?\|$/.exec(row) ?? []
  const bare = normal.replaceAll('`', '').trim()
  return `${name} = ${/^(-|–|—|none|absent|unset|not set)?$/.test(bare) ? '' : bare}: ${description}`
}
