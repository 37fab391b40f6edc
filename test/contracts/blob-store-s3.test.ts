import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { createS3Blobs, type S3BlobOptions } from '../../src/adapters/blobs-s3.js'
import type { S3Patience } from '../../src/adapters/s3-transport.js'
import type { OpenedBlob } from '../../src/ports/blob-store.js'
import { until } from '../helpers/clients.js'
import { type S3Server, startS3 } from '../helpers/s3.js'
import { silent } from '../helpers/stores.js'
import { type BlobPlace, blobContract, put, read, send, streamOf } from './blob-store.js'

/** What a hanging store is waited for here; elsewhere the adapter's own patience holds. */
const SHORT: S3Patience = { answerMs: 1000, changeMs: 1500 }
const away = { code: 'overloaded', message: /file store/ }
const mime = 'text/plain'

function optionsFor(s3: S3Server, more: Partial<S3BlobOptions> = {}): S3BlobOptions {
  return {
    endpoint: s3.url,
    publicEndpoint: s3.url,
    bucket: `bucket-${randomUUID().slice(0, 8)}`,
    accessKey: s3.accessKey,
    secretKey: s3.secretKey,
    region: 'us-east-1',
    corsOrigins: '*',
    ...more,
  }
}

/** A logger, and all that it has written. */
function listeningLogger() {
  const lines: string[] = []
  const logger = pino({ level: 'debug' }, { write: (line: string) => lines.push(line) })
  return { logger, lines, saying: (message: string) => lines.filter((line) => line.includes(message)) }
}

t.test('the contract', async (t) => {
  const s3 = await startS3(t)
  const createPlace = async (): Promise<BlobPlace> => {
    const options = optionsFor(s3)
    const kept = () => s3.kept(options.bucket)
    return { blobs: createS3Blobs(options, silent), base: s3.url, kept, description: { s3: options } }
  }
  // s3rver takes any form, whatever its policy says: see the policy's own test below.
  blobContract(t, { createPlace, holdsUploads: false })
})

t.test('the policy of an upload holds it to its key, size, type and time, and is signed', async (t) => {
  const s3 = await startS3(t)
  const options = optionsFor(s3)
  const blobs = createS3Blobs(options, silent)
  const {
    method,
    fields = {},
    expiresAt,
  } = await blobs.presignPut('uploads/a', { mime, size: 1000, seconds: 60 })
  t.equal(method, 'POST')
  t.equal(fields.key, 'uploads/a')
  t.equal(fields['Content-Type'], mime)
  const policy = z
    .object({ expiration: z.string(), conditions: z.array(z.array(z.union([z.string(), z.number()]))) })
    .parse(JSON.parse(Buffer.from(fields.policy ?? '', 'base64').toString()))
  t.equal(policy.expiration, expiresAt.toISOString())
  for (const condition of [
    ['eq', '$bucket', options.bucket],
    ['eq', '$key', 'uploads/a'],
    ['eq', '$Content-Type', mime],
    ['content-length-range', 1000, 1000],
  ])
    t.ok(
      policy.conditions.some((one) => JSON.stringify(one) === JSON.stringify(condition)),
      condition.join(),
    )

  // Signature version 4, as Amazon describes it.
  const [, day = '', region = '', service = '', request = ''] = (fields['x-amz-credential'] ?? '').split('/')
  const key = [day, region, service, request].reduce<string | Buffer>(hmac, `AWS4${options.secretKey}`)
  t.strictSame([region, service, request], ['us-east-1', 's3', 'aws4_request'])
  t.equal(fields['x-amz-signature'], hmac(key, fields.policy ?? '').toString('hex'))
})

async function bytesOf(opened: OpenedBlob | undefined): Promise<Buffer> {
  if (opened === undefined) throw new Error('there is no such blob')
  return await buffer(opened.body)
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

t.test('a store that is stopped is away at once, and works again when it is back', async (t) => {
  const s3 = await startS3(t)
  const { logger, saying } = listeningLogger()
  const options = optionsFor(s3)
  const blobs = createS3Blobs(options, logger)
  await put(blobs, 'files/a', 'hello')
  await s3.stop()
  for (let round = 0; round < 2; round++) {
    await t.rejects(blobs.put('files/b', streamOf(Buffer.from('x')), { mime }), away)
    await t.rejects(blobs.put('files/b', streamOf(Buffer.alloc(6_000_000)), { mime }), away)
    await t.rejects(blobs.open('files/a'), away)
    await t.rejects(blobs.move('files/a', 'files/c'), away)
    await t.rejects(blobs.remove(['files/a']), away)
  }
  t.equal(saying('the file store is away').length, 1, 'said once')
  const { url } = await blobs.presignGet('files/a', {
    mime,
    disposition: 'inline',
    seconds: 60,
    audience: 'client',
  })
  await blobs.presignPut('uploads/a', { mime, size: 1, seconds: 60 })

  await s3.start()
  t.equal((await read(blobs, 'files/a'))?.toString(), 'hello')
  t.equal(saying('the file store is back').length, 1)
  t.equal(await (await fetch(url)).text(), 'hello', 'what was signed meanwhile is good')
  await put(blobs, 'files/b', 'again')
  t.equal((await read(blobs, 'files/b'))?.toString(), 'again')
})

t.test('a store that hangs is given up, and works again when it goes on', async (t) => {
  const s3 = await startS3(t)
  const blobs = createS3Blobs(optionsFor(s3), silent, SHORT)
  await put(blobs, 'files/a', randomBytes(12_000_000))
  const half = await blobs.open('files/a')
  const unfinished = new PassThrough({ highWaterMark: 20_000_000 })
  const parts = blobs.put('files/b', unfinished, { mime })
  unfinished.write(randomBytes(6_000_000))
  await until(() => s3.requests().some((line) => line.includes('partNumber=1')), 'a part is sent')

  process.kill(s3.pid, 'SIGSTOP')
  unfinished.write(randomBytes(6_000_000))
  await Promise.all([
    t.rejects(bytesOf(half), away, 'a blob that is being read'),
    t.rejects(parts, away, 'a blob that is being put'),
    t.rejects(blobs.put('files/c', streamOf(Buffer.from('x')), { mime }), away),
    t.rejects(blobs.put('files/d', streamOf(Buffer.alloc(6_000_000)), { mime }), away),
    t.rejects(blobs.open('files/a'), away),
    t.rejects(blobs.open('files/a', { first: 1, last: 2 }), away),
    t.rejects(blobs.move('files/a', 'files/e'), away),
    t.rejects(blobs.remove(['files/none']), away),
  ])
  t.ok(unfinished.destroyed)

  process.kill(s3.pid, 'SIGCONT')
  await put(blobs, 'files/f', 'again')
  t.equal((await read(blobs, 'files/f'))?.toString(), 'again')
})

t.test('a reader may take its time: only a store is ever too slow', async (t) => {
  const s3 = await startS3(t)
  const blobs = createS3Blobs(optionsFor(s3), silent, { ...SHORT, answerMs: 300 })
  const bytes = randomBytes(12_000_000)
  await put(blobs, 'files/a', bytes)
  const opened = await blobs.open('files/a')
  const [first] =
    opened === undefined ? [] : await once(opened.body, 'readable').then(() => [opened.body.read(1000)])
  // Longer than the store's patience: what comes next is still there.
  await once(AbortSignal.timeout(900), 'abort')
  const rest = await bytesOf(opened)
  t.ok(Buffer.concat([first, rest]).equals(bytes))
})

t.test('a store that breaks off in the middle of a blob fails its reader', async (t) => {
  const s3 = await startS3(t)
  const blobs = createS3Blobs(optionsFor(s3), silent)
  await put(blobs, 'files/a', randomBytes(12_000_000))
  const opened = await blobs.open('files/a')
  await s3.stop()
  await t.rejects(bytesOf(opened), away)
})

t.test('a node starts while the store is away, and makes the bucket at the first need', async (t) => {
  const s3 = await startS3(t)
  await s3.stop()
  const options = optionsFor(s3)
  const blobs = createS3Blobs(options, silent)
  await t.rejects(blobs.open('files/a'), away)
  await s3.start()
  const target = await blobs.presignPut('uploads/a', { mime, size: 5, seconds: 60 })
  await until(
    () => s3.requests().includes(`PUT /${options.bucket}?cors`),
    'a presigned upload needs the bucket too',
  )
  t.ok((await send(s3.url, target, Buffer.from('hello'))).ok)
  t.equal((await read(blobs, 'uploads/a'))?.toString(), 'hello')
})

t.test('a bucket that is taken away is made again', async (t) => {
  const s3 = await startS3(t)
  const options = optionsFor(s3)
  const blobs = createS3Blobs(options, silent)
  await put(blobs, 'files/a', 'x')
  await s3.dropBucket(options.bucket)
  await t.rejects(blobs.open('files/a'), away)
  await put(blobs, 'files/b', 'y')
  t.equal((await read(blobs, 'files/b'))?.toString(), 'y')
})

t.test('several nodes that start at once make one bucket, and none opens it', async (t) => {
  const s3 = await startS3(t)
  // Without rules: s3rver reads them while it still writes them.
  const options = optionsFor(s3, { corsOrigins: [] })
  const nodes = Array.from({ length: 8 }, () => createS3Blobs(options, silent))
  await Promise.all(nodes.map((blobs, n) => put(blobs, `files/${n}`, String(n))))
  for (const [n, blobs] of nodes.entries())
    t.equal((await read(blobs, `files/${7 - n}`))?.toString(), String(7 - n))
  t.strictSame(
    s3.requests().filter((line) => /[?&](acl|policy)/.test(line)),
    [],
  )
  const anonymous = await fetch(`${s3.url}/${options.bucket}/files/1`)
  t.equal(anonymous.status, 403)
  t.equal((await fetch(`${s3.url}/${options.bucket}`)).status, 403, 'nor is it listed')
})

t.test('browsers may upload, unless the operator has rules of its own', async (t) => {
  const s3 = await startS3(t)
  const corsOrigins = ['https://shop.example', 'https://a.example?<&>']
  const options = optionsFor(s3, { corsOrigins })
  const blobs = createS3Blobs(options, silent)
  await put(blobs, 'files/a', 'x')
  const preflight = async (origin: string, method = 'POST'): Promise<number> => {
    const headers = { origin, 'access-control-request-method': method }
    return (await fetch(`${s3.url}/${options.bucket}/files/a`, { method: 'OPTIONS', headers })).status
  }
  for (const origin of corsOrigins)
    for (const method of ['POST', 'PUT', 'GET'])
      t.equal(await preflight(origin, method), 200, `${method} ${origin}`)
  t.equal(await preflight('https://shop.example', 'DELETE'), 403)
  t.equal(await preflight('https://other.example'), 403)

  // Another node, told otherwise, finds rules that are there.
  await put(createS3Blobs({ ...options, corsOrigins: ['https://other.example'] }, silent), 'files/b', 'x')
  t.equal(await preflight('https://other.example'), 403)
  t.equal(s3.requests().filter((line) => line === `PUT /${options.bucket}?cors`).length, 1)

  const closed = optionsFor(s3, { corsOrigins: [] })
  await put(createS3Blobs(closed, silent), 'files/a', 'x')
  t.notOk(s3.requests().some((line) => line.includes(`/${closed.bucket}?cors`)))
})

t.test(
  'a rule about unfinished uploads is asked for in a bucket of our own alone, and may be refused',
  async (t) => {
    const s3 = await startS3(t)
    const { logger, saying } = listeningLogger()
    const options = optionsFor(s3)
    await put(createS3Blobs(options, logger), 'files/a', 'x')
    await put(createS3Blobs(options, logger), 'files/b', 'x')
    t.equal(s3.requests().filter((line) => line === `PUT /${options.bucket}?lifecycle`).length, 1)
    t.equal(saying('the bucket does not take these rules').length, 1)
    t.match(saying('the bucket does not take these rules')[0], /"code":"NotImplemented"/)
  },
)

t.test('clients are sent to the public address, services to the inner one', async (t) => {
  const s3 = await startS3(t)
  const publicEndpoint = 'https://files.example'
  const blobs = createS3Blobs(optionsFor(s3, { publicEndpoint }), silent)
  const get = { mime, disposition: 'inline', seconds: 60 }
  const client = await blobs.presignGet('files/a', { ...get, audience: 'client' })
  const service = await blobs.presignGet('files/a', { ...get, audience: 'service' })
  t.equal(new URL(client.url).origin, publicEndpoint)
  t.equal(new URL(service.url).origin, s3.url)
  const { url } = await blobs.presignPut('files/a', { mime, size: 1, seconds: 60 })
  t.equal(new URL(url).origin, publicEndpoint)
})

t.test(
  'a refused account is a store that is away; the operator reads why, once, and no secret',
  async (t) => {
    const s3 = await startS3(t)
    const { logger, lines, saying } = listeningLogger()
    const secretKey = 'the-secret-key-of-nobody'
    const blobs = createS3Blobs(optionsFor(s3, { secretKey }), logger)
    for (let round = 0; round < 3; round++) {
      await t.rejects(blobs.open('files/a'), away)
      await t.rejects(blobs.put('files/a', streamOf(Buffer.from('x')), { mime }), away)
    }
    const said = saying('the file store refuses what it is asked')
    t.equal(said.length, 1)
    t.match(said[0], /"level":50,.*"code":"SignatureDoesNotMatch"/)
    for (const line of lines) t.notMatch(line, /the-secret-key|Signature=|X-Amz/)
  },
)

for (const status of [500, 503, 429])
  t.test(
    `an answer of ${status} is a store that is away, and is not asked for again and again`,
    async (t) => {
      const answers = await startServer(t, status)
      const options = { ...optionsFor(await startS3(t)), endpoint: answers.url }
      const blobs = createS3Blobs(options, silent)
      await until(() => answers.count() === 1, 'the bucket is looked for at the start')
      await t.rejects(blobs.open('files/a'), away)
      await t.rejects(blobs.put('files/a', streamOf(Buffer.from('x')), { mime }), away)
      t.equal(answers.count(), 3, 'one request each')
    },
  )

/** Answers everything with this status. */
async function startServer(t: Test, status: number) {
  let count = 0
  const server = createServer((_request, response) => {
    count += 1
    response.writeHead(status, { 'content-type': 'text/html' }).end('<html>busy</html>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const address = z.object({ port: z.number() }).parse(server.address())
  return { url: `http://127.0.0.1:${address.port}`, count: () => count }
}
