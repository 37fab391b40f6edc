import { createHmac } from 'node:crypto'
import t from 'tap'
import { z } from 'zod'
import { createS3Blobs } from '../../src/adapters/blobs-s3.js'
import { put, read, send, streamOf } from '../helpers/blobs.js'
import { listeningLogger } from '../helpers/loggers.js'
import { s3Options, startS3 } from '../helpers/s3.js'
import { silent } from '../helpers/stores.js'

const away = { code: 'overloaded', message: /file store/ }
const mime = 'text/plain'

t.test('a store that is stopped is away at once, and works again when it is back', async (t) => {
  const s3 = await startS3(t)
  const { logger, saying } = listeningLogger()
  const options = s3Options(s3)
  const blobs = createS3Blobs(options, logger)
  await put(blobs, 'files/a', 'hello')
  await s3.stop()
  for (let round = 0; round < 2; round++) {
    await t.rejects(blobs.put('files/b', streamOf(Buffer.from('x')), { mime }), away)
    await t.rejects(blobs.put('files/b', streamOf(Buffer.alloc(6_000_000)), { mime }), away)
    await t.rejects(blobs.open('files/a'), away)
    await t.rejects(blobs.copy('files/a', 'files/c'), away)
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

t.test('a node starts while the store is away, and makes the bucket at the first need', async (t) => {
  const s3 = await startS3(t)
  await s3.stop()
  const options = s3Options(s3)
  const blobs = createS3Blobs(options, silent)
  await t.rejects(blobs.open('files/a'), away)
  await t.rejects(blobs.presignPut('uploads/a', { mime, size: 5, seconds: 60 }), away)
  await s3.start()
  const target = await blobs.presignPut('uploads/a', { mime, size: 5, seconds: 60 })
  t.ok((await send(s3.url, target, Buffer.from('hello'))).ok)
  t.equal((await read(blobs, 'uploads/a'))?.toString(), 'hello')
})

t.test('a bucket that is taken away is made again', async (t) => {
  const s3 = await startS3(t)
  const options = s3Options(s3)
  const blobs = createS3Blobs(options, silent)
  await put(blobs, 'files/a', 'x')
  await s3.dropBucket(options.bucket)
  await t.rejects(blobs.open('files/a'), away)
  await put(blobs, 'files/b', 'y')
  t.equal((await read(blobs, 'files/b'))?.toString(), 'y')
})

t.test(
  'a refused account is a store that is away; the operator reads why, once, and no secret',
  async (t) => {
    const s3 = await startS3(t)
    const { logger, lines, saying } = listeningLogger()
    const secretKey = 'the-secret-key-of-nobody'
    const blobs = createS3Blobs(s3Options(s3, { secretKey }), logger)
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

t.test('clients are sent to the public address, services to the inner one', async (t) => {
  const s3 = await startS3(t)
  const publicEndpoint = 'https://files.example'
  const blobs = createS3Blobs(s3Options(s3, { publicEndpoint }), silent)
  const get = { mime, disposition: 'inline', seconds: 60 }
  const client = await blobs.presignGet('files/a', { ...get, audience: 'client' })
  const service = await blobs.presignGet('files/a', { ...get, audience: 'service' })
  t.equal(new URL(client.url).origin, publicEndpoint)
  t.equal(new URL(service.url).origin, s3.url)
  const { url } = await blobs.presignPut('files/a', { mime, size: 1, seconds: 60 })
  t.equal(new URL(url).origin, publicEndpoint)
})

t.test('the policy of an upload holds it to its key, size, type and time, and is signed', async (t) => {
  const s3 = await startS3(t)
  const options = s3Options(s3)
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

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
