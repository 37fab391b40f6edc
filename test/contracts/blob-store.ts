import { fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { z } from 'zod'
import type { BlobStore } from '../../src/ports/blob-store.js'
import { put, read, send, streamOf } from '../helpers/blobs.js'
import { until } from '../helpers/clients.js'

const putter = fileURLToPath(new URL('../helpers/blob-putter.ts', import.meta.url))

const PART_BYTES = 5 * 1024 * 1024
const MEMORY_BYTES = 40_000_000
const KEY = 'files/a'
const mime = 'text/plain'

/** An empty place for blobs, and a way to look into it. */
export interface BlobPlace {
  readonly blobs: BlobStore
  /** What presigned URLs without a host are relative to. */
  readonly base: string
  /** All that is kept there, drafts and unfinished uploads too. */
  kept(): Promise<string[]>
  /** What test/helpers/blob-putter.ts opens the same place by. */
  readonly description: object
}

export interface BlobEngine {
  createPlace(t: Test): Promise<BlobPlace>
  /** Whether an upload is held to the size, the key and the time that it was presigned for. */
  readonly holdsUploads: boolean
}

/** The facts of src/ports/blob-store.ts, for every adapter. */
export function blobContract(t: Test, { createPlace, holdsUploads }: BlobEngine): void {
  t.test('what is put comes back, byte for byte', async (t) => {
    const { blobs, kept } = await createPlace(t)
    const sizes = [0, 1, PART_BYTES, PART_BYTES + 1, 12_000_000]
    for (const size of sizes) {
      const bytes = randomBytes(size)
      t.equal(await blobs.put(`files/${size}`, streamOf(bytes), { mime }), size)
      const opened = await blobs.open(`files/${size}`)
      t.equal(opened?.size, size)
      t.equal(sha256(opened && (await buffer(opened.body))), sha256(bytes), `${size} bytes`)
    }
    t.strictSame((await kept()).sort(), sizes.map((size) => `files/${size}`).sort())
  })

  t.test('a range is answered as far as there is one, with the size of the whole', async (t) => {
    const { blobs } = await createPlace(t)
    await put(blobs, KEY, '0123456789')
    await put(blobs, 'files/empty', '')
    const ask = async (key: string, first: number, last: number) => {
      const opened = await blobs.open(key, { first, last })
      return opened && [opened.size, (await buffer(opened.body)).toString()]
    }
    // Not the first byte alone: s3rver answers all of them.
    t.strictSame(await ask(KEY, 0, 1), [10, '01'])
    t.strictSame(await ask(KEY, 3, 3), [10, '3'])
    t.strictSame(await ask(KEY, 2, 8), [10, '2345678'])
    t.strictSame(await ask(KEY, 7, 99), [10, '789'])
    t.strictSame(await ask(KEY, 0, 4099), [10, '0123456789'])
    t.strictSame(await ask(KEY, 10, 99), [10, ''])
    t.strictSame(await ask('files/empty', 0, 4099), [0, ''])
    t.equal(await ask('files/none', 0, 1), undefined)
  })

  t.test('what is not there', async (t) => {
    const { blobs, kept } = await createPlace(t)
    t.equal(await blobs.open(KEY), undefined)
    t.equal(await blobs.copy(KEY, 'files/b'), false)
    await blobs.remove([])
    await blobs.remove([KEY, 'files/b'])
    t.strictSame(await kept(), [])
  })

  t.test('a copy has the same bytes, and stays when the first one changes or goes', async (t) => {
    const { blobs, kept } = await createPlace(t)
    const bytes = randomBytes(6_000_000)
    await put(blobs, 'uploads/a', bytes)
    t.equal(await blobs.copy('uploads/a', 'files/b'), true)
    t.strictSame((await kept()).sort(), ['files/b', 'uploads/a'])
    t.ok((await read(blobs, 'files/b'))?.equals(bytes))
    await put(blobs, 'uploads/a', 'something else')
    t.ok((await read(blobs, 'files/b'))?.equals(bytes))
    await blobs.remove(['uploads/a'])
    t.equal(await blobs.copy('uploads/a', 'files/c'), false, 'there is no first one')
    t.strictSame(await kept(), ['files/b'])
    t.ok((await read(blobs, 'files/b'))?.equals(bytes))
  })

  t.test('remove takes what is named, and no more', async (t) => {
    const { blobs, kept } = await createPlace(t)
    for (const key of ['files/a', 'files/ab', 'files/c', 'other/a']) await put(blobs, key, key)
    await blobs.remove(['files/a', 'files/none', 'files/c'])
    t.strictSame((await kept()).sort(), ['files/ab', 'other/a'])
  })

  t.test('a key is a key', async (t) => {
    const { blobs } = await createPlace(t)
    for (const key of ['', 'a', 'a/b/c', '../a', 'a/..', 'a/.b', '/a', 'a/b\n', 'a/b c', 'a\\b/c', 'a/é']) {
      const refused = { message: /no key of a blob/ }
      await t.rejects(blobs.put(key, streamOf(Buffer.from('x')), { mime }), refused, JSON.stringify(key))
      await t.rejects(blobs.open(key), refused)
      await t.rejects(blobs.copy(key, KEY), refused)
      await t.rejects(blobs.copy(KEY, key), refused)
      await t.rejects(blobs.remove([KEY, key]), refused)
      await t.rejects(
        blobs.presignGet(key, { mime, disposition: 'inline', seconds: 60, audience: 'client' }),
        refused,
      )
      await t.rejects(blobs.presignPut(key, { mime, size: 1, seconds: 60 }), refused)
    }
  })

  t.test('a blob is there when it is whole, and not before', async (t) => {
    const { blobs, kept } = await createPlace(t)
    const bytes = randomBytes(PART_BYTES + 1000)
    const body = new PassThrough({ highWaterMark: bytes.length })
    const done = blobs.put(KEY, body, { mime })
    body.write(bytes)
    await until(async () => (await kept()).length > 0, 'a draft, or an unfinished upload')
    t.equal(await blobs.open(KEY), undefined)
    body.end('the end')
    t.equal(await done, bytes.length + 7)
    t.equal((await read(blobs, KEY))?.length, bytes.length + 7)
  })

  // Nothing yet, less than a part, and more.
  for (const arrived of [0, 1000, PART_BYTES + 1000]) {
    t.test(`a stream that fails after ${arrived} bytes leaves nothing`, async (t) => {
      const { blobs, kept } = await createPlace(t)
      const fault = new Error('the client has gone')
      const body = new PassThrough({ highWaterMark: PART_BYTES * 2 })
      const done = blobs.put(KEY, body, { mime })
      if (arrived > 0) body.write(randomBytes(arrived))
      if (arrived > PART_BYTES) await until(async () => (await kept()).length > 0, 'something is kept')
      body.destroy(fault)
      await t.rejects(done, fault)
      t.strictSame(await kept(), [])
      t.equal(await blobs.open(KEY), undefined)
    })

    t.test(`an abort after ${arrived} bytes, while nothing comes, leaves nothing`, async (t) => {
      const { blobs, kept } = await createPlace(t)
      const reason = new Error('enough')
      const controller = new AbortController()
      const body = new PassThrough({ highWaterMark: PART_BYTES * 2 })
      const done = blobs.put(KEY, body, { mime, signal: controller.signal })
      if (arrived > 0) body.write(randomBytes(arrived))
      if (arrived > PART_BYTES) await until(async () => (await kept()).length > 0, 'something is kept')
      controller.abort(reason)
      await t.rejects(done, reason)
      t.ok(body.destroyed)
      t.strictSame(await kept(), [])
      t.equal(await blobs.open(KEY), undefined)
    })
  }

  t.test('a put that is aborted before it begins', async (t) => {
    const { blobs, kept } = await createPlace(t)
    const reason = new Error('too late')
    const body = streamOf(randomBytes(1000))
    await t.rejects(blobs.put(KEY, body, { mime, signal: AbortSignal.abort(reason) }), reason)
    t.ok(body.destroyed)
    t.strictSame(await kept(), [])
  })

  t.test('many puts at once', async (t) => {
    const { blobs } = await createPlace(t)
    const all = Array.from({ length: 20 }, (_, n) => ({ key: `files/${n}`, bytes: randomBytes(100_000 + n) }))
    await Promise.all(all.map(({ key, bytes }) => put(blobs, key, bytes)))
    for (const { key, bytes } of all) t.ok((await read(blobs, key))?.equals(bytes), key)
  })

  for (const audience of ['client', 'service'] as const)
    t.test(`a presigned URL for a ${audience} brings the blob, as it says`, async (t) => {
      const { blobs, base } = await createPlace(t)
      const bytes = randomBytes(100_000)
      await put(blobs, KEY, bytes)
      const disposition = `attachment; filename="a \\"b\\".txt"; filename*=UTF-8''%C3%A4%20b.txt`
      const asked = Date.now()
      const { url, expiresAt } = await blobs.presignGet(KEY, {
        mime: 'image/png',
        disposition,
        seconds: 60,
        audience,
      })
      const response = await fetch(new URL(url, base))
      t.equal(response.status, 200)
      t.ok(Buffer.from(await response.arrayBuffer()).equals(bytes))
      t.equal(response.headers.get('content-type'), 'image/png')
      t.equal(response.headers.get('content-disposition'), disposition)
      t.match(response.headers.get('cache-control'), /^private, max-age=\d+$/)
      // By the second: a signature has no finer time.
      t.ok(expiresAt.getTime() > asked + 59_000 && expiresAt.getTime() <= Date.now() + 60_000)
      const range = await fetch(new URL(url, base), { headers: { range: 'bytes=10-19' } })
      t.equal(range.status, 206)
      t.ok(Buffer.from(await range.arrayBuffer()).equals(bytes.subarray(10, 20)))
    })

  t.test('a presigned URL is good for what it was signed for', async (t) => {
    const { blobs, base } = await createPlace(t)
    await put(blobs, KEY, 'secret bytes')
    await put(blobs, 'files/b', 'secret bytes')
    const { url } = await blobs.presignGet(KEY, {
      mime,
      disposition: 'inline',
      seconds: 60,
      audience: 'client',
    })
    const good = new URL(url, base)
    const tampered = [new URL(good.pathname, good), new URL(good.href.replace(KEY, 'files/b'))]
    for (const [name, value] of good.searchParams) {
      const [without, other] = [new URL(good), new URL(good)]
      without.searchParams.delete(name)
      other.searchParams.set(
        name,
        value.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      )
      tampered.push(without, other)
    }
    t.ok(tampered.length >= 10)
    for (const one of tampered) {
      const response = await fetch(one)
      t.ok(response.status >= 400 && response.status < 500, `${response.status} for ${one.search}`)
      t.notMatch(await response.text(), /secret bytes/)
    }
    t.equal((await fetch(good, { method: 'PUT', body: 'other bytes' })).ok, false)
    t.equal((await fetch(good, { method: 'DELETE' })).ok, false)
    t.equal(await (await fetch(good)).text(), 'secret bytes')
  })

  t.test('a presigned URL expires', async (t) => {
    const { blobs, base } = await createPlace(t)
    await put(blobs, KEY, 'secret bytes')
    const statusFor = async (seconds: number) => {
      const options = { mime, disposition: 'inline', seconds, audience: 'client' } as const
      const url = new URL((await blobs.presignGet(KEY, options)).url, base)
      return async () => (await fetch(url)).status
    }
    const [short, long] = [await statusFor(1), await statusFor(60)]
    await until(async () => (await short()) === 403, 'it has expired')
    t.equal(await long(), 200)
  })

  t.test('a presigned upload brings a blob', async (t) => {
    const { blobs, base, kept } = await createPlace(t)
    const bytes = randomBytes(PART_BYTES + 1)
    const target = await blobs.presignPut('uploads/a', { mime: 'image/png', size: bytes.length, seconds: 60 })
    const response = await send(base, target, bytes)
    t.ok(response.ok, await response.text())
    t.ok((await read(blobs, 'uploads/a'))?.equals(bytes))
    t.strictSame(await kept(), ['uploads/a'])
  })

  t.test('a presigned upload is held to its size and its time', { skip: !holdsUploads }, async (t) => {
    const { blobs, base, kept } = await createPlace(t)
    const upload = { mime, size: 1000 }
    const target = await blobs.presignPut('uploads/a', { ...upload, seconds: 60 })
    for (const size of [0, 999, 1001, 2_000_000])
      t.equal((await send(base, target, Buffer.alloc(size))).ok, false, `${size} bytes`)
    t.strictSame(await kept(), [])
    const short = await blobs.presignPut('uploads/a', { ...upload, seconds: 1 })
    await until(async () => (await send(base, short, Buffer.alloc(1000))).status === 403, 'it has expired')
    t.ok((await send(base, target, Buffer.alloc(1000))).ok)
  })

  t.test('a put of 100 MB takes little memory', async (t) => {
    const { blobs, description } = await createPlace(t)
    const { size, grown } = await putElsewhere(t, { ...description, key: KEY, size: 100_000_000 })
    t.equal(size, 100_000_000)
    t.ok(grown < MEMORY_BYTES, `${grown} bytes more`)
    const opened = await blobs.open(KEY)
    t.equal(opened?.size, 100_000_000)
    opened?.body.destroy()
  })
}

const answer = z.object({ size: z.number(), grown: z.number() })

/** Lets a process of its own put a blob; answers by how much its memory grew. */
async function putElsewhere(t: Test, job: object): Promise<z.infer<typeof answer>> {
  const child = fork(putter)
  t.teardown(() => child.kill('SIGKILL'))
  child.send(job)
  return await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`it ended with ${code}`)))
    child.on('message', (message) => {
      // tap has messages of its own here.
      const { data } = answer.safeParse(message)
      if (data !== undefined) resolve(data)
    })
  })
}

function sha256(bytes: Buffer | undefined): string {
  return createHash('sha256')
    .update(bytes ?? 'nothing')
    .digest('hex')
}
