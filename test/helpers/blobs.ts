import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { BlobStore } from '../../src/ports/blob-store.js'
import type { UploadTarget } from '../../src/protocol/objects.js'

/** Bytes as a network brings them: in pieces that fit nothing. */
export function streamOf(bytes: Buffer, piece = 65_521): Readable {
  function* pieces() {
    for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece)
  }
  return Readable.from(pieces(), { objectMode: false })
}

export async function put(blobs: BlobStore, key: string, bytes: Buffer | string): Promise<void> {
  await blobs.put(key, streamOf(Buffer.from(bytes)), { mime: 'text/plain' })
}

export async function read(blobs: BlobStore, key: string): Promise<Buffer | undefined> {
  const opened = await blobs.open(key)
  return opened === undefined ? undefined : await buffer(opened.body)
}

/** Sends an upload as the client is told to. */
export async function send(
  base: string,
  target: Omit<UploadTarget, 'expiresAt'>,
  bytes: Buffer,
): Promise<Response> {
  const { method, url, fields, headers = {} } = target
  if (fields === undefined) return await fetch(new URL(url, base), { method, headers, body: bytes })
  const body = new FormData()
  for (const [name, value] of Object.entries(fields)) body.append(name, value)
  body.append('file', new Blob([bytes]))
  return await fetch(new URL(url, base), { method, headers, body })
}
