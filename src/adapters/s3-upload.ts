import { BlobStoreUnavailable } from '../ports/blob-store.js'
import type { S3 } from './s3-client.js'

/** The least that S3 takes for a part that is not the last one. */
const PART_BYTES = 5 * 1024 * 1024

/**
 * Uploads what the chunks bring, one part after the other; a blob of a single part by one plain request. minio's own
 * `putObject` would keep up to 528 MB of a stream of unknown size, and look for unfinished uploads to go on with.
 *
 * @returns how many bytes that was
 * @throws BlobStoreUnavailable, or what the chunks fail with
 */
export async function upload(
  { ask }: S3,
  { bucket, key, mime }: { readonly bucket: string; readonly key: string; readonly mime: string },
  chunks: AsyncIterable<Buffer>,
): Promise<number> {
  const headers = { 'content-type': mime }
  const parts: { part: number; etag: string }[] = []
  let uploadID: string | undefined
  let size = 0

  async function sendAll(): Promise<void> {
    for await (const { bytes, isLast } of inParts(chunks)) {
      size += bytes.length
      if (isLast && uploadID === undefined) {
        await ask((client) => client.putObject(bucket, key, bytes, bytes.length, headers))
        return
      }
      uploadID ??= await ask((client) => client.initiateNewMultipartUpload(bucket, key, headers))
      const part = {
        bucketName: bucket,
        objectName: key,
        uploadID,
        partNumber: parts.length + 1,
        headers: {},
      }
      parts.push(await ask((client) => client.uploadPart(part, bytes)))
    }
    const id = uploadID
    if (id !== undefined) await ask((client) => client.completeMultipartUpload(bucket, key, id, parts))
  }

  async function undo(isAway: boolean): Promise<void> {
    const id = uploadID
    const aborted =
      id === undefined ? undefined : ask((client) => client.abortMultipartUpload(bucket, key, id))
    // One that fails to answer may have stored the blob all the same.
    const removed = isAway ? ask((client) => client.removeObject(bucket, key)) : undefined
    await Promise.allSettled([aborted, removed])
  }

  try {
    await sendAll()
    return size
  } catch (error) {
    const isAway = error instanceof BlobStoreUnavailable
    const undone = undo(isAway)
    // Nobody waits for a store that is away once more: a key that was put to is the caller's to remove.
    if (!isAway) await undone
    throw error
  }
}

/** All parts share one piece of memory: each is good until the next is asked for. */
async function* inParts(chunks: AsyncIterable<Buffer>): AsyncGenerator<{ bytes: Buffer; isLast: boolean }> {
  const part = Buffer.allocUnsafeSlow(PART_BYTES)
  let filled = 0
  for await (const chunk of chunks) {
    for (let taken = 0; taken < chunk.length; ) {
      if (filled === PART_BYTES) {
        yield { bytes: part, isLast: false }
        filled = 0
      }
      const copied = chunk.copy(part, filled, taken)
      filled += copied
      taken += copied
    }
  }
  yield { bytes: part.subarray(0, filled), isLast: true }
}
