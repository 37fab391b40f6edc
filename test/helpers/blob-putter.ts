import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { z } from 'zod'
import { createFileBlobs } from '../../src/adapters/blobs-files.js'
import { createS3Blobs } from '../../src/adapters/blobs-s3.js'
import type { BlobStore } from '../../src/ports/blob-store.js'
import { silent } from './stores.js'

const PIECE = 65_536

const job = z.object({
  folder: z.string().optional(),
  s3: z
    .object({
      endpoint: z.string(),
      publicEndpoint: z.string(),
      bucket: z.string(),
      accessKey: z.string(),
      secretKey: z.string(),
      region: z.string(),
      corsOrigins: z.literal('*'),
    })
    .optional(),
  key: z.string(),
  size: z.number(),
})

/** A process of its own that puts one blob as it is told, and answers by how many bytes its memory grew at most. */
process.once('message', (message) => {
  void work(job.parse(message)).then((answer) => process.send?.(answer, () => process.disconnect()))
})

async function work({
  folder,
  s3,
  key,
  size,
}: z.infer<typeof job>): Promise<{ size: number; grown: number }> {
  const blobs: BlobStore = s3 === undefined ? createFileBlobs(folder ?? '', '') : createS3Blobs(s3, silent)
  // All code is loaded and has run once before memory is looked at.
  await blobs.put(key, Readable.from(pieces(1_000_000, () => {})), { mime: 'text/plain' })
  await blobs.remove([key])
  const before = process.memoryUsage.rss()
  let most = before
  const look = () => {
    most = Math.max(most, process.memoryUsage.rss())
  }
  const stored = await blobs.put(key, Readable.from(pieces(size, look)), { mime: 'text/plain' })
  look()
  return { size: stored, grown: most - before }
}

/** The same bytes again and again: what is measured is the store, and not what is made to put there. */
function* pieces(size: number, look: () => void): Generator<Buffer> {
  const piece = randomBytes(PIECE)
  for (let left = size; left > 0; left -= PIECE) {
    look()
    yield piece.subarray(0, left)
  }
}
