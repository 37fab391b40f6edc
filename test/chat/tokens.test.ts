import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { mock } from 'node:test'
import { createSigner } from 'fast-jwt'
import t, { type Test } from 'tap'
import { createTokenVerifier, signToken, type TokenKey, type TokenRules } from '../../src/chat/tokens.js'
import { freePort } from '../helpers/processes.js'

const SECRET = 'a secret for tests alone, long enough for HS256'
const HOUR = 3600
const now = Math.floor(Date.now() / 1000)
const ANN = { sub: 'ann', fullName: 'Ann Lee', iat: now, exp: now + HOUR }

function verifier(key: TokenKey, rules: Partial<TokenRules> = {}) {
  return createTokenVerifier({ key, issuer: undefined, audience: undefined, ...rules })
}

const verifySecret = verifier({ kind: 'secret', secret: SECRET })

/** A token made by hand: what a library would refuse to sign is to be refused on its own merits. */
function handMade(header: object, payload: object, sign: (input: string) => string): string {
  const input = [header, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${input}.${sign(input)}`
}

function hmac(
  payload: object,
  secret: string = SECRET,
  header: object = { alg: 'HS256', typ: 'JWT' },
): string {
  return handMade(header, payload, (input) => createHmac('sha256', secret).update(input).digest('base64url'))
}

type Algorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA'

function signed(algorithm: Algorithm, key: KeyObject, payload: object, kid?: string): string {
  const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  return createSigner({ key: pem, algorithm, ...(kid === undefined ? {} : { kid }) })({ ...payload })
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString()
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')

t.test('who a token speaks for', async (t) => {
  t.strictSame(await verifySecret(hmac(ANN)), {
    userId: 'ann',
    fullName: 'Ann Lee',
    namedAt: new Date(now * 1000),
    expiresAt: new Date((now + HOUR) * 1000),
    isService: false,
  })
  const { exp } = ANN
  t.match(await verifySecret(hmac({ id: 'bob', name: 'Bob', exp })), { userId: 'bob', fullName: 'Bob' })
  t.match(await verifySecret(hmac({ sub: 'ann', id: 'bob', exp })), { userId: 'ann' }, 'sub comes first')
  t.match(await verifySecret(hmac({ sub: 'ann', exp })), { fullName: undefined })
  t.match(
    await verifySecret(hmac({ sub: 'ann', name: '\0', exp })),
    { fullName: undefined },
    'a bad name is none',
  )
})

t.test('the service scope is one of several words', async (t) => {
  const isService = async (scope: unknown) => (await verifySecret(hmac({ ...ANN, scope }))).isService
  t.ok(await isService('chat:service'))
  t.ok(await isService('openid chat:service email'))
  t.notOk(await isService('chat:services'))
  t.notOk(await isService('chat'))
  t.notOk(await isService(['chat:service']), 'a list is not what the contract says')
})

t.test('a token whose name has no age counts as new', async (t) => {
  const verify = createTokenVerifier(
    { key: { kind: 'secret', secret: SECRET }, issuer: undefined, audience: undefined },
    () => 12_345,
  )
  t.match(await verify(hmac({ sub: 'ann', exp: ANN.exp })), { namedAt: new Date(12_345) })
})

t.test('an expired token says so', async (t) => {
  await t.rejects(verifySecret(hmac({ ...ANN, exp: now - 1 })), { code: 'token_expired' })
  await t.rejects(
    verifySecret(hmac({ ...ANN, exp: now - 1 }, 'another')),
    { code: 'unauthenticated' },
    'if it is ours',
  )
})

t.test('a token that is not ours, or not whole, is refused', async (t) => {
  const { sub, exp } = ANN
  const bad: Record<string, string> = {
    nothing: '',
    'not a token': 'a.b.c',
    'wrong secret': hmac(ANN, 'another secret, as long as the first one'),
    'changed after signing': hmac(ANN).replace(
      /^[^.]*\.[^.]*/,
      hmac({ ...ANN, sub: 'eve' }, 'x').replace(/\.[^.]*$/, ''),
    ),
    'no signature': hmac(ANN).replace(/[^.]*$/, ''),
    'alg none': handMade({ alg: 'none' }, ANN, () => ''),
    'alg None': handMade({ alg: 'None' }, ANN, () => ''),
    'alg none, signed': hmac(ANN, SECRET, { alg: 'none' }),
    'no alg': hmac(ANN, SECRET, { typ: 'JWT' }),
    HS512: handMade({ alg: 'HS512' }, ANN, (input) =>
      createHmac('sha512', SECRET).update(input).digest('base64url'),
    ),
    RS256: signed('RS256', rsa.privateKey, ANN),
    'no exp': hmac({ sub }),
    'exp is no number': hmac({ sub, exp: String(exp) }),
    'nbf in the future': hmac({ ...ANN, nbf: now + HOUR }),
    nobody: hmac({ exp }),
    'an id that is too long': hmac({ sub: 'x'.repeat(65), exp }),
    'an id that is not clean': hmac({ sub: 'a\0b', exp }),
    'an empty id': hmac({ sub: '', exp }),
    'an unknown critical header': hmac(ANN, SECRET, { alg: 'HS256', crit: ['b64'], b64: false }),
    'a time that is none': hmac({ sub, exp: 1e300 }),
  }
  for (const [name, token] of Object.entries(bad))
    await t.rejects(verifySecret(token), { code: 'unauthenticated' }, name)
})

t.test('issuer and audience are checked when they are set, and then needed', async (t) => {
  const key: TokenKey = { kind: 'secret', secret: SECRET }
  const verify = verifier(key, { issuer: 'shop', audience: 'chat' })
  t.match(await verify(hmac({ ...ANN, iss: 'shop', aud: 'chat' })), { userId: 'ann' })
  t.match(await verify(hmac({ ...ANN, iss: 'shop', aud: ['mail', 'chat'] })), { userId: 'ann' })
  for (const claims of [
    { iss: 'other', aud: 'chat' },
    { iss: 'shop', aud: 'mail' },
    { iss: 'shop', aud: ['mail'] },
    { iss: 'shop', aud: [] },
    { iss: 'shop' },
    { aud: 'chat' },
    {},
  ])
    await t.rejects(verify(hmac({ ...ANN, ...claims })), { code: 'unauthenticated' }, JSON.stringify(claims))
  t.match(
    await verifySecret(hmac({ ...ANN, iss: 'x', aud: 'y' })),
    { userId: 'ann' },
    'unchecked when not set',
  )
})

t.test('a public key checks the algorithms of its type, and no other', async (t) => {
  const keys = { RS256: rsa, PS256: rsa, ES256: ec, EdDSA: ed } as const
  for (const algorithm of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
    const { publicKey, privateKey } = keys[algorithm]
    const verify = verifier({ kind: 'public-key', pem: pemOf(publicKey) })
    t.match(await verify(signed(algorithm, privateKey, ANN)), { userId: 'ann' }, algorithm)
    await t.rejects(verify(signed(algorithm, privateKey, { ...ANN, exp: now - 1 })), {
      code: 'token_expired',
    })
    const other = algorithm === 'EdDSA' ? rsa : ed
    const foreign = signed(algorithm === 'EdDSA' ? 'RS256' : 'EdDSA', other.privateKey, ANN)
    await t.rejects(verify(foreign), { code: 'unauthenticated' }, 'of another type')
    await t.rejects(
      verify(hmac(ANN, pemOf(publicKey))),
      { code: 'unauthenticated' },
      'the key as an HMAC secret',
    )
    await t.rejects(verify(hmac(ANN, pemOf(publicKey).trim())), { code: 'unauthenticated' })
    await t.rejects(verify(handMade({ alg: 'none' }, ANN, () => '')), { code: 'unauthenticated' }, 'none')
  }
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const verify = verifier({ kind: 'public-key', pem: pemOf(rsa.publicKey) })
  await t.rejects(verify(signed('RS256', stranger.privateKey, ANN)), { code: 'unauthenticated' })
})

t.test('a key that cannot check tokens is refused at the start', async (t) => {
  t.throws(() => verifier({ kind: 'public-key', pem: 'no pem' }))
  const { publicKey } = generateKeyPairSync('x25519')
  t.throws(() => verifier({ kind: 'public-key', pem: pemOf(publicKey) }), /x25519/)
})

t.test('our own tokens are ones that we accept', async (t) => {
  const rules = { secret: SECRET, issuer: 'shop', audience: 'chat', expiresInMs: 60_000 }
  const token = signToken(rules, { sub: 'ann', fullName: 'Ann Lee', scope: 'chat:service' })
  const verify = verifier({ kind: 'secret', secret: SECRET }, { issuer: 'shop', audience: 'chat' })
  const identity = await verify(token)
  t.match(identity, { userId: 'ann', fullName: 'Ann Lee', isService: true })
  const lifetime = identity.expiresAt.getTime() - Date.now()
  t.ok(lifetime > 50_000 && lifetime <= 60_000)
})

/** A server of public keys, as an identity provider has it. */
async function startKeyServer(t: Test, keys: () => object[] | undefined) {
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    const list = keys()
    response.writeHead(list === undefined ? 500 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ keys: list ?? [] }))
  })
  const requests: string[] = []
  server.listen(await freePort(), '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { url: `http://127.0.0.1:${address.port}/keys/current?v=1`, requests }
}

function jwk(key: KeyObject, kid: string, alg?: string) {
  return { ...key.export({ format: 'jwk' }), kid, ...(alg === undefined ? {} : { alg }) }
}

t.test('keys are fetched by their kid, and kept', async (t) => {
  const keys = [jwk(rsa.publicKey, 'rsa', 'RS256'), jwk(ec.publicKey, 'ec'), jwk(ed.publicKey, 'ed', 'EdDSA')]
  const { url, requests } = await startKeyServer(t, () => keys)
  const verify = verifier({ kind: 'jwks', url })
  t.match(await verify(signed('RS256', rsa.privateKey, ANN, 'rsa')), { userId: 'ann' })
  t.strictSame(requests, ['/keys/current?v=1'], 'at the very address that was given')
  t.match(await verify(signed('RS256', rsa.privateKey, { ...ANN, sub: 'bob' }, 'rsa')), { userId: 'bob' })
  t.equal(requests.length, 1)
  t.match(await verify(signed('ES256', ec.privateKey, ANN, 'ec')), { userId: 'ann' }, 'a key without alg')
  t.match(await verify(signed('EdDSA', ed.privateKey, ANN, 'ed')), { userId: 'ann' }, 'Ed25519')
  await t.rejects(verify(signed('RS256', rsa.privateKey, { ...ANN, exp: now - 1 }, 'rsa')), {
    code: 'token_expired',
  })
})

t.test('with fetched keys, too, nothing but their own signature counts', async (t) => {
  const { url } = await startKeyServer(t, () => [jwk(rsa.publicKey, 'rsa'), jwk(ec.publicKey, 'ec', 'ES256')])
  const verify = verifier({ kind: 'jwks', url })
  const pem = pemOf(rsa.publicKey)
  const bad = {
    'not a token': 'a.b.c',
    'an unknown kid': signed('RS256', rsa.privateKey, ANN, 'other'),
    'no kid': signed('RS256', rsa.privateKey, ANN),
    'the kid of another key': signed('RS256', rsa.privateKey, ANN, 'ec'),
    'a key of another type': signed('ES256', ec.privateKey, ANN, 'rsa'),
    'a stranger': signed('RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, ANN, 'rsa'),
    'the key as an HMAC secret': hmac(ANN, pem, { alg: 'HS256', kid: 'rsa' }),
    none: handMade({ alg: 'none', kid: 'rsa' }, ANN, () => ''),
  }
  for (const [name, token] of Object.entries(bad))
    await t.rejects(verify(token), { code: 'unauthenticated' }, name)
})

t.test('while the keys cannot be fetched it is not the token’s fault', async (t) => {
  const token = signed('RS256', rsa.privateKey, ANN, 'rsa')
  const away = verifier({ kind: 'jwks', url: `http://127.0.0.1:${await freePort()}/keys` })
  await t.rejects(away(token), { code: 'overloaded', temporary: true }, 'nobody answers')
  let keys: object[] | undefined
  const { url } = await startKeyServer(t, () => keys)
  const verify = verifier({ kind: 'jwks', url })
  await t.rejects(verify(token), { code: 'overloaded' }, 'an error is answered')
  keys = [jwk(rsa.publicKey, 'rsa')]
  t.match(await verify(token), { userId: 'ann' }, 'a failure is not kept')
})

t.test('a key that appears later is found', async (t) => {
  const keys = [jwk(rsa.publicKey, 'rsa')]
  const { url } = await startKeyServer(t, () => keys)
  const verify = verifier({ kind: 'jwks', url })
  const token = signed('ES256', ec.privateKey, ANN, 'ec')
  await t.rejects(verify(token), { code: 'unauthenticated' })
  keys.push(jwk(ec.publicKey, 'ec'))
  t.match(await verify(token), { userId: 'ann' })
})

t.test('a server of keys that says nothing holds up no token for long', async (t) => {
  const server = createServer(() => {})
  server.listen(await freePort(), '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const verify = verifier({ kind: 'jwks', url: `http://127.0.0.1:${address.port}/keys` })
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const refused = t.rejects(verify(signed('RS256', rsa.privateKey, ANN, 'rsa')), { code: 'overloaded' })
  await once(server, 'request')
  mock.timers.tick(5000)
  await refused
})

t.test('a name from the future counts from now', async (t) => {
  const before = Date.now()
  const { namedAt } = await verifySecret(hmac({ ...ANN, iat: Date.now() }))
  t.ok(namedAt.getTime() >= before && namedAt.getTime() <= Date.now())
  t.match(await verifySecret(hmac({ ...ANN, iat: -1e300 })), { userId: 'ann' })
})
