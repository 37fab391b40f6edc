import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { createS3Blobs } from '../../src/adapters/blobs-s3.js'
import type { S3Patience } from '../../src/adapters/s3-transport.js'
import type { OpenedBlob } from '../../src/ports/blob-store.js'
import { put, read, streamOf } from '../helpers/blobs.js'
import { until } from '../helpers/clients.js'
import { s3Options, startS3 } from '../helpers/s3.js'
import { silent } from '../helpers/stores.js'

/** What a store is waited for here; elsewhere the adapter's own patience holds. */
const SHORT: S3Patience = { answerMs: 1000, changeMs: 1500 }

const away = { code: 'overloaded', message: /file store/ }
const mime = 'text/plain'

t.test('a store that hangs is given up, and works again when it goes on', async (t) => {
  const s3 = await startS3(t)
  const blobs = createS3Blobs(s3Options(s3), silent, SHORT)
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
    t.rejects(blobs.copy('files/a', 'files/e'), away),
    t.rejects(blobs.remove(['files/none']), away),
  ])
  t.ok(unfinished.destroyed)

  process.kill(s3.pid, 'SIGCONT')
  await put(blobs, 'files/f', 'again')
  t.equal((await read(blobs, 'files/f'))?.toString(), 'again')
})

t.test('a reader may take its time: only a store is ever too slow', async (t) => {
  const s3 = await startS3(t)
  const blobs = createS3Blobs(s3Options(s3), silent, SHORT)
  const bytes = randomBytes(12_000_000)
  await put(blobs, 'files/a', bytes)
  const opened = await blobs.open('files/a')
  const [first] =
    opened === undefined ? [] : await once(opened.body, 'readable').then(() => [opened.body.read(1000)])
  // Longer than the store's patience: what comes next is still there.
  await once(AbortSignal.timeout(SHORT.answerMs * 1.5), 'abort')
  const rest = await bytesOf(opened)
  t.ok(Buffer.concat([first, rest]).equals(bytes))
})

t.test('a store that breaks off in the middle of a blob fails its reader', async (t) => {
  const s3 = await startS3(t)
  const blobs = createS3Blobs(s3Options(s3), silent)
  await put(blobs, 'files/a', randomBytes(12_000_000))
  const opened = await blobs.open('files/a')
  await s3.stop()
  await t.rejects(bytesOf(opened), away)
})

for (const status of [500, 503, 429])
  t.test(
    `an answer of ${status} is a store that is away, and is not asked for again and again`,
    async (t) => {
      const { url, count } = await startServer(t, status)
      const blobs = createS3Blobs(s3Options({ url, accessKey: 'somebody', secretKey: 'something' }), silent)
      await t.rejects(blobs.open('files/a'), away)
      const before = count()
      await t.rejects(blobs.put('files/a', streamOf(Buffer.from('x')), { mime }), away)
      t.equal(count(), before + 1)
    },
  )

async function bytesOf(opened: OpenedBlob | undefined): Promise<Buffer> {
  if (opened === undefined) throw new Error('there is no such blob')
  return await buffer(opened.body)
}

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
