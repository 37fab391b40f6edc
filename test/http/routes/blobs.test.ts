import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { ReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { createFileBlobs } from '../../../src/adapters/blobs-files.js'
import { createErrorAnswers } from '../../../src/http/errors.js'
import { blobRoutes } from '../../../src/http/routes/blobs.js'
import { createCounts } from '../../../src/ops/counts.js'
import type { BlobStore } from '../../../src/ports/blob-store.js'
import { signUrl } from '../../../src/protocol/signed-url.js'
import { until } from '../../helpers/clients.js'
import { temporaryFolder } from '../../helpers/folders.js'

const SECRET = 'a secret of the door'
const DISPOSITION = `attachment; filename="a.txt"; filename*=UTF-8''%C3%A4.txt`

async function startDoor(t: Test, stallMs?: number) {
  const folder = await temporaryFolder(t)
  const files = createFileBlobs(folder, SECRET)
  const opened: Readable[] = []
  const blobs: BlobStore = {
    ...files,
    async open(key, range) {
      const blob = await files.open(key, range)
      if (blob !== undefined) opened.push(blob.body)
      return blob
    },
  }
  const app = Fastify({ bodyLimit: 1024, forceCloseConnections: true })
  const { answerError, answerNotFound } = createErrorAnswers(createCounts().errors.http)
  app.setErrorHandler(answerError)
  app.setNotFoundHandler(answerNotFound)
  await app.register(blobRoutes, {
    blobs,
    secret: SECRET,
    uploads: 10,
    ...(stallMs === undefined ? {} : { stallMs }),
  })
  const base = await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => await app.close())

  return {
    base,
    blobs,
    /** What the door has opened, to see that it reads and closes it. */
    opened,
    async put(key: string, bytes: Buffer | string): Promise<void> {
      await blobs.put(key, Readable.from([Buffer.from(bytes)]), { mime: 'text/plain' })
    },
    async getUrl(key: string, mime = 'text/plain', seconds = 60): Promise<string> {
      const options = { mime, disposition: DISPOSITION, seconds, audience: 'client' } as const
      return `${base}${(await blobs.presignGet(key, options)).url}`
    },
    async putUrl(key: string, size: number, seconds = 60): Promise<string> {
      return `${base}${(await blobs.presignPut(key, { mime: 'text/plain', size, seconds })).url}`
    },
    /** Every file, drafts too. */
    async files(): Promise<string[]> {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true })
      return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
    },
  }
}

async function answerOf(response: Response) {
  const body = await response.text()
  const code = body.startsWith('{') ? JSON.parse(body).error.code : undefined
  return { status: response.status, code }
}

t.test('a signed URL brings the blob, with headers that keep it harmless', async (t) => {
  const door = await startDoor(t)
  const bytes = randomBytes(300_000)
  await door.put('files/a', bytes)
  const response = await fetch(await door.getUrl('files/a'))
  t.equal(response.status, 200)
  t.ok(Buffer.from(await response.arrayBuffer()).equals(bytes))
  const { headers } = response
  t.equal(headers.get('content-type'), 'text/plain')
  t.equal(headers.get('content-disposition'), DISPOSITION)
  t.equal(headers.get('content-length'), '300000')
  t.equal(headers.get('accept-ranges'), 'bytes')
  t.equal(headers.get('x-content-type-options'), 'nosniff')
  t.equal(headers.get('content-security-policy'), "default-src 'none'; sandbox")
  t.equal(headers.get('cross-origin-resource-policy'), 'cross-origin')
  t.equal(headers.get('referrer-policy'), 'no-referrer')
  const [, life] = /^private, max-age=(\d+)$/.exec(headers.get('cache-control') ?? '') ?? []
  t.ok(Number(life) > 0 && Number(life) <= 60, 'kept no longer than the URL is good for')
})

t.test('a pdf is not put in a sandbox: browsers would not show it', async (t) => {
  const door = await startDoor(t)
  await door.put('files/a', '%PDF-')
  const { headers } = await fetch(await door.getUrl('files/a', 'application/pdf'))
  t.equal(headers.get('content-security-policy'), null)
  t.equal(headers.get('x-content-type-options'), 'nosniff')
})

t.test('HEAD answers what GET would, without the bytes', async (t) => {
  const door = await startDoor(t)
  await door.put('files/a', 'hello')
  const response = await fetch(await door.getUrl('files/a'), {
    method: 'HEAD',
    headers: { range: 'bytes=1-2' },
  })
  t.equal(response.status, 200)
  t.equal(response.headers.get('content-length'), '5')
  t.equal(response.headers.get('content-type'), 'text/plain')
  t.equal(await response.text(), '')
})

t.test('ranges', async (t) => {
  const door = await startDoor(t)
  await door.put('files/a', '0123456789')
  await door.put('files/empty', '')
  const ask = async (range: string, key = 'files/a', more: Record<string, string> = {}) => {
    const response = await fetch(await door.getUrl(key), { headers: { range, ...more } })
    const { status, headers } = response
    return [status, headers.get('content-range'), headers.get('content-length'), await response.text()]
  }
  t.strictSame(await ask('bytes=0-0'), [206, 'bytes 0-0/10', '1', '0'])
  t.strictSame(await ask('bytes=2-4'), [206, 'bytes 2-4/10', '3', '234'])
  t.strictSame(await ask('bytes=7-'), [206, 'bytes 7-9/10', '3', '789'])
  t.strictSame(await ask('bytes=8-99'), [206, 'bytes 8-9/10', '2', '89'])
  t.strictSame(await ask('bytes=-3'), [206, 'bytes 7-9/10', '3', '789'])
  t.strictSame(await ask('bytes=10-'), [416, 'bytes */10', '0', ''])
  t.strictSame(await ask('bytes=0-', 'files/empty'), [416, 'bytes */0', '0', ''])
  for (const whole of ['bytes=0-1,3-4', 'bytes=4-2', 'lines=1-2', 'bytes=-'])
    t.strictSame(await ask(whole), [200, null, '10', '0123456789'], whole)
  t.strictSame(await ask('bytes=2-4', 'files/a', { 'if-range': '"x"' }), [200, null, '10', '0123456789'])
  await until(() => door.opened.every((body) => body.closed), 'every file that was opened is closed')
})

t.test('what is not signed, or no longer, is forbidden; a blob that is gone is not found', async (t) => {
  const door = await startDoor(t)
  await door.put('files/a', 'hello')
  await door.put('files/b', 'hello')
  const good = await door.getUrl('files/a')
  const refused = { status: 403, code: 'forbidden' }
  const tampered = (change: (url: URL) => void): string => {
    const url = new URL(good)
    change(url)
    return url.href
  }
  for (const url of [
    `${door.base}/blobs/files/a`,
    `${door.base}/blobs/files/none`,
    `${door.base}/blobs/..%2f..%2fetc%2fpasswd`,
    good.replace('/blobs/files/a', '/blobs/files/b'),
    tampered((url) => url.searchParams.set('type', 'text/html')),
    tampered((url) => url.searchParams.set('disposition', 'inline')),
    tampered((url) => url.searchParams.set('expires', '99999999999')),
    tampered((url) => url.searchParams.set('more', '1')),
    tampered((url) => url.searchParams.delete('signature')),
    await door.putUrl('files/a', 5),
    await door.getUrl('files/a', 'text/plain', -1),
  ])
    t.strictSame(await answerOf(await fetch(url)), refused, url)
  t.strictSame(await answerOf(await fetch(good, { method: 'PUT', body: 'hello' })), refused)
  t.strictSame(await answerOf(await fetch(good, { method: 'POST' })), { status: 404, code: 'not_found' })
  t.strictSame(await answerOf(await fetch(`${door.base}/blobs`)), { status: 404, code: 'not_found' })
  // Signed by somebody who has the secret, for a path that is no key.
  const outside = signUrl(SECRET, {
    method: 'GET',
    path: '/blobs/../jwt-secret',
    params: { type: 'text/plain', disposition: 'inline' },
    expiresAt: new Date(Date.now() + 60_000),
  })
  t.match(await rawGet(door.base, outside), /^HTTP\/1\.1 500 /)
  await door.blobs.remove(['files/a'])
  t.strictSame(await answerOf(await fetch(good)), { status: 404, code: 'not_found' })
})

t.test('an upload of exactly the announced size becomes the blob, whatever its type says', async (t) => {
  const door = await startDoor(t)
  const bytes = randomBytes(3_000_000)
  for (const headers of [
    {},
    { 'content-type': 'application/json' },
    { 'content-type': 'multipart/form-data' },
  ]) {
    const response = await fetch(await door.putUrl('files/a', bytes.length), {
      method: 'PUT',
      body: bytes,
      headers,
    })
    t.equal(response.status, 204)
    const opened = await door.blobs.open('files/a')
    t.equal(opened?.size, bytes.length)
    opened?.body.destroy()
  }
  const empty = await fetch(await door.putUrl('files/empty', 0), { method: 'PUT' })
  t.equal(empty.status, 204)
  t.strictSame((await door.files()).sort(), ['a', 'empty'])
})

t.test('an upload of another size is refused, and leaves nothing', async (t) => {
  const door = await startDoor(t)
  const put = async (announced: number, body: Buffer | ReadableStream): Promise<unknown> => {
    const url = await door.putUrl('files/a', announced)
    return await answerOf(await fetch(url, { method: 'PUT', body, duplex: 'half' }))
  }
  const chunked = (bytes: number) => new Blob([Buffer.alloc(bytes)]).stream()
  const tooLarge = { status: 413, code: 'too_large' }
  const tooShort = { status: 400, code: 'bad_request' }
  t.strictSame(await put(10, Buffer.alloc(2_000_000)), tooLarge)
  t.strictSame(await put(10, chunked(2_000_000)), tooLarge)
  t.strictSame(await put(1_000_000, chunked(2_000_000)), tooLarge)
  t.strictSame(await put(10, Buffer.alloc(9)), tooShort)
  t.strictSame(await put(10, chunked(9)), tooShort)
  t.strictSame(await door.files(), [])
})

t.test('an upload that says it has another size is refused before it sends a byte', async (t) => {
  const door = await startDoor(t)
  const url = await door.putUrl('files/a', 10)
  for (const [length, status] of [
    [2_000_000, 413],
    [9, 400],
  ] as const) {
    const upload = httpRequest(url, { method: 'PUT', headers: { 'content-length': length } })
    upload.on('error', () => {})
    upload.flushHeaders()
    const [response] = await once(upload, 'response')
    t.equal(response.statusCode, status)
    t.match(await text(response), /than announced/)
    upload.destroy()
  }
})

t.test('an upload that is broken off leaves nothing', async (t) => {
  const door = await startDoor(t)
  const upload = httpRequest(await door.putUrl('files/a', 1_000_000), { method: 'PUT' })
  upload.on('error', () => {})
  upload.write(Buffer.alloc(100_000))
  await until(async () => (await door.files()).length === 1, 'a draft is written')
  upload.destroy()
  await until(async () => (await door.files()).length === 0, 'the draft is gone')
  t.equal(await door.blobs.open('files/a'), undefined)
})

t.test('an upload that stops is ended with a coded error, and leaves nothing', async (t) => {
  const door = await startDoor(t, 200)
  const upload = httpRequest(await door.putUrl('files/a', 1_000_000), { method: 'PUT' })
  upload.on('error', () => {})
  upload.write(Buffer.alloc(100_000))
  const [response] = await once(upload, 'response')
  t.equal(response.statusCode, 400)
  t.match(await text(response), /The upload has stopped/)
  t.strictSame(await door.files(), [])
})

t.test('two uploads to one key at once: one of them, whole', async (t) => {
  const door = await startDoor(t)
  const url = await door.putUrl('files/a', 2_000_000)
  const uploads = ['a', 'b'].map(
    async (letter) => (await fetch(url, { method: 'PUT', body: Buffer.alloc(2_000_000, letter) })).status,
  )
  const statuses = await Promise.all(uploads)
  t.ok(statuses.includes(204))
  t.ok(statuses.every((status) => status === 204 || status === 409))
  const kept = await (await fetch(await door.getUrl('files/a'))).text()
  t.match(kept, /^(a{2000000}|b{2000000})$/)
  t.strictSame(await door.files(), ['a'])
})

t.test('a reader that takes its time holds the file back', async (t) => {
  const size = 50_000_000
  const door = await startDoor(t)
  await door.put('files/a', Buffer.alloc(size))
  const socket = connect(Number(new URL(door.base).port), '127.0.0.1')
  socket.write(requestFor((await door.getUrl('files/a')).slice(door.base.length)))
  await once(socket, 'readable')
  const [body] = door.opened
  if (!(body instanceof ReadStream)) throw new Error('no file has been opened')
  let [last, same] = [0, 0]
  await until(() => {
    same = body.bytesRead === last ? same + 1 : 0
    last = body.bytesRead
    return same === 10
  }, 'nothing more is read of the file')
  t.ok(last < size / 2, `${last} bytes are read while nobody takes them`)
  t.ok((await buffer(socket)).length > size)
})

/** The status line and all else, of a path that `fetch` would put straight. */
async function rawGet(base: string, path: string): Promise<string> {
  const socket = connect(Number(new URL(base).port), '127.0.0.1')
  socket.write(requestFor(path))
  return await text(socket)
}

function requestFor(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`
}
