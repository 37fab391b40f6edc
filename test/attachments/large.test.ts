import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import type { ClientRequest } from 'node:http'
import t from 'tap'
import { type BlobNode, forEachBlobStore, linkTo } from '../helpers/attachments.js'
import { createChat, token, until } from '../helpers/clients.js'
import { FORM_END, fileHead, type OpenForm, openForm } from '../helpers/forms.js'
import { nameOf } from '../helpers/frames.js'
import { film } from '../helpers/sample-files.js'

const SIZE = 100_000_000
const CHUNK = 64 * 1024
const MOST_GROWTH = 40_000_000
const ann = token('ann', nameOf('ann'))

/** A form with one video in it, of which nothing has been sent yet. */
function openVideo({ node }: BlobNode, chatId: string): OpenForm {
  const form = openForm(node, ann, chatId)
  form.asked.write(fileHead('film.mp4'))
  return form
}

/** Sends so many bytes of a video, as fast as they are taken; answers their sha256. */
async function send(asked: ClientRequest, size: number): Promise<string> {
  const hash = createHash('sha256')
  const noise = randomBytes(CHUNK)
  for (let sent = 0; sent < size; ) {
    const chunk = sent === 0 ? film('isom') : noise.subarray(0, size - sent)
    hash.update(chunk)
    sent += chunk.length
    if (!asked.write(Buffer.from(chunk))) await once(asked, 'drain')
  }
  return hash.digest('hex')
}

async function upload(stored: BlobNode, chatId: string, size: number) {
  const { asked, answer } = openVideo(stored, chatId)
  const hash = await send(asked, size)
  asked.end(FORM_END)
  const { status, body } = await answer
  return { status, attachment: body.data?.[0], hash }
}

/** Reads as it comes: neither side has it whole in memory. */
async function hashOf(url: string): Promise<string> {
  const hash = createHash('sha256')
  const { body } = await fetch(url)
  for await (const chunk of body ?? []) hash.update(chunk)
  return hash.digest('hex')
}

/** Bytes that the process has in memory, now and at its highest since `forgetPeak`. */
async function memoryOf({ node }: BlobNode): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${node.pid}/status`, 'utf8')
  const bytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024
  return { now: bytes('VmRSS'), peak: bytes('VmHWM') }
}

async function forgetPeak({ node }: BlobNode): Promise<void> {
  await writeFile(`/proc/${node.pid}/clear_refs`, '5')
}

forEachBlobStore(t, { PARLEY_ATTACHMENT_BYTES: String(SIZE) }, async (t, stored) => {
  const chatId = await createChat(stored.node, ['ann'])
  // What a node needs for its first upload, whatever its size.
  await upload(stored, chatId, 20_000_000)

  t.test('100 MB in and out in little memory, and the same bytes', async (t) => {
    await forgetPeak(stored)
    const before = await memoryOf(stored)
    const { status, attachment, hash } = await upload(stored, chatId, SIZE)
    t.equal(status, 201)
    t.match(attachment, { size: SIZE, mime: 'video/mp4', status: 'ready' })
    const { url } = await linkTo(stored, ann, chatId, attachment.id)
    t.equal(await hashOf(url), hash)
    const { peak } = await memoryOf(stored)
    const growth = peak - before.now
    t.ok(growth < MOST_GROWTH, `grew by ${(growth / 1e6).toFixed(1)} MB`)
    t.comment(`grew by ${(growth / 1e6).toFixed(1)} MB, from ${(before.now / 1e6).toFixed(0)} MB`)
  })

  t.test('broken off half way, nothing is left in the store', async (t) => {
    const before = (await stored.kept()).sort()
    const { asked } = openVideo(stored, chatId)
    await send(asked, SIZE / 2)
    await until(async () => (await stored.kept()).length > before.length, 'it is under way')
    asked.destroy()
    await until(async () => (await stored.kept()).length === before.length, 'what has come is removed')
    t.strictSame((await stored.kept()).sort(), before)
  })
})
