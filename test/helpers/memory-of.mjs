// How much memory telling a file's type or making its thumbnail takes, for tests of files that are small and claim to
// be large: a process of its own, for the most that it ever had counts. Arguments: `type` or `thumbnail`, the file.
// Its stdout is one JSON document: the answer, and the megabytes that the process grew by.
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { SAMPLE_BYTES, tellType } from '../../dist/chat/attachments/content-type.js'
import { createThumbnails } from '../../dist/chat/attachments/thumbnails.js'

const [work, path] = process.argv.slice(2)
const file = await readFile(path)
const { make } = createThumbnails({ concurrency: 1 })
const before = await mostMegabytes()
const answer = work === 'type' ? await typeOf() : await pictureOf()
const megabytes = (await mostMegabytes()) - before
process.stdout.write(JSON.stringify({ answer, megabytes }))

async function typeOf() {
  return (await tellType(file.subarray(0, SAMPLE_BYTES), 'offer.docx', file.length <= SAMPLE_BYTES)) ?? null
}

async function pictureOf() {
  const { width, height, thumbnail } = await make(async () => Readable.from([file]))
  return { width, height, hasThumbnail: thumbnail !== undefined }
}

/** Linux's own count: `process.resourceUsage()` begins with what the parent had. */
async function mostMegabytes() {
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(await readFile('/proc/self/status', 'utf8'))
  return Math.round(kilobytes / 1024)
}
