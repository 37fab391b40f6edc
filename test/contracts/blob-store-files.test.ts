import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { createFileBlobs } from '../../src/adapters/blobs-files.js'
import { createErrorAnswers } from '../../src/http/errors.js'
import { blobRoutes } from '../../src/http/routes/blobs.js'
import { createCounts } from '../../src/ops/counts.js'
import { put, read, streamOf } from '../helpers/blobs.js'
import { until } from '../helpers/clients.js'
import { filesIn, temporaryFolder } from '../helpers/folders.js'
import { type BlobPlace, blobContract } from './blob-store.js'

const SECRET = 'a secret of the door'

const away = { code: 'overloaded', message: /file store/ }

/** Its presigned URLs are of Parley's own door. */
async function createPlace(t: Test): Promise<BlobPlace> {
  const folder = join(await temporaryFolder(t), 'blobs')
  const blobs = createFileBlobs(folder, SECRET)
  const app = Fastify({ forceCloseConnections: true })
  app.setErrorHandler(createErrorAnswers(createCounts().errors.http).answerError)
  await app.register(blobRoutes, { blobs, secret: SECRET, uploads: 10 })
  const base = await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => await app.close())
  return { blobs, base, kept: () => filesIn(folder), description: { folder } }
}

t.test('the contract', async (t) => {
  blobContract(t, { createPlace, holdsUploads: true })
})

t.test('what a killed process has left goes with its key', async (t) => {
  const folder = await temporaryFolder(t)
  const lost = createFileBlobs(folder, SECRET)
  const body = new PassThrough()
  const never = lost.put('files/a', body, { mime: 'text/plain' })
  body.write('half of')
  await until(async () => (await filesIn(folder)).length === 1, 'a draft is written')

  // The next process, on the same folder.
  const blobs = createFileBlobs(folder, SECRET)
  await put(blobs, 'files/ab', 'another')
  t.equal(await read(blobs, 'files/a'), undefined)
  await blobs.remove(['files/a'])
  t.strictSame(await filesIn(folder), ['files/ab'])
  body.end()
  await t.rejects(never, away, 'a draft that was taken away becomes no blob')
  t.strictSame(await filesIn(folder), ['files/ab'])
})

t.test('a second put to a key replaces the blob at once; who reads the first one reads on', async (t) => {
  const folder = await temporaryFolder(t)
  const blobs = createFileBlobs(folder, SECRET)
  await put(blobs, 'files/a', Buffer.alloc(1_000_000, 'a'))
  const first = await blobs.open('files/a')
  await put(blobs, 'files/a', Buffer.alloc(10, 'b'))
  let length = 0
  for await (const chunk of first?.body ?? []) {
    length += chunk.length
    if (chunk.includes('b')) t.fail('bytes of the second')
  }
  t.equal(length, 1_000_000)
  t.equal((await read(blobs, 'files/a'))?.toString(), 'bbbbbbbbbb')
})

t.test('files are for their owner alone', async (t) => {
  const folder = join(await temporaryFolder(t), 'blobs')
  await put(createFileBlobs(folder, SECRET), 'files/a', 'x')
  t.equal((await stat(folder)).mode & 0o777, 0o700)
})

t.test('a folder that cannot be used is a store that is away', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFile(join(folder, 'blobs'), 'a file where the folder should be')
  const blobs = createFileBlobs(join(folder, 'blobs'), SECRET)
  const body = streamOf(Buffer.from('x'))
  await t.rejects(blobs.put('files/a', body, { mime: 'text/plain' }), away)
  t.ok(body.destroyed)
  await t.rejects(blobs.open('files/a'), away)
  await t.rejects(blobs.copy('files/a', 'files/b'), away)
  await t.rejects(blobs.remove(['files/a']), away)
})

t.test('a write that the disk refuses half way leaves nothing', async (t) => {
  const folder = await temporaryFolder(t)
  // A folder in the blob's place: the rename at the end fails.
  await mkdir(join(folder, 'files', 'a', 'b'), { recursive: true })
  const blobs = createFileBlobs(folder, SECRET)
  await t.rejects(put(blobs, 'files/a', 'x'), away)
  t.strictSame(await filesIn(folder), [])
})
