import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Logger } from 'pino'
import {
  BLOB_KEY,
  type BlobStore,
  BlobStoreUnavailable,
  type ByteRange,
  type OpenedBlob,
} from '../ports/blob-store.js'
import { readBody } from './blob-body.js'
import { createS3Bucket } from './s3-bucket.js'
import { createS3, createS3Client, type S3Account } from './s3-client.js'
import { type S3Patience, watchBody } from './s3-transport.js'
import { upload } from './s3-upload.js'

const PATIENCE: S3Patience = { answerMs: 10_000, changeMs: 30_000 }

export interface S3BlobOptions extends S3Account {
  readonly endpoint: string
  /** The address that browsers reach the same store by. */
  readonly publicEndpoint: string
  readonly bucket: string
  readonly corsOrigins: '*' | readonly string[]
}

/**
 * Blobs in a bucket of MinIO or any other S3. A node starts without it: the bucket is looked for at once, and again
 * at each need until it is there.
 */
export function createS3Blobs(options: S3BlobOptions, logger: Logger, patience = PATIENCE): BlobStore {
  const { bucket } = options
  const client = createS3Client(options.endpoint, options, patience)
  const publicClient = createS3Client(options.publicEndpoint, options, patience)
  const s3 = createS3(client, logger)
  const { ready, forget } = createS3Bucket({ ...options, s3, logger })
  ready().catch(() => {
    // The operator has been told, and whoever needs the bucket tries again.
  })

  async function inBucket<T>(act: () => Promise<T>): Promise<T> {
    await ready()
    try {
      return await act()
    } catch (error) {
      if (error instanceof BlobStoreUnavailable && error.reason === 'NoSuchBucket') forget()
      throw error
    }
  }

  async function sizeOf(key: string): Promise<number | undefined> {
    return (await s3.find((store) => store.statObject(bucket, key), 'NotFound', 'NoSuchKey'))?.size
  }

  return {
    async put(key, body, { mime, signal }) {
      check(key)
      const chunks = readBody(body, signal)
      try {
        return await inBucket(() => upload(s3, { bucket, key, mime }, chunks))
      } finally {
        body.destroy()
      }
    },
    async open(key, range) {
      check(key)
      return await inBucket(async () => {
        const headers = range === undefined ? {} : { range: `bytes=${range.first}-${range.last}` }
        const request = { method: 'GET', bucketName: bucket, objectName: key, headers }
        const response = await s3.find(
          (store) => store.makeRequestAsync(request, '', [200, 206]),
          'NoSuchKey',
          'InvalidRange',
        )
        if (response !== undefined) return opened(response, range, patience.answerMs)
        // There is no such blob, or it ends before the range begins.
        const size = range === undefined ? undefined : await sizeOf(key)
        return size === undefined ? undefined : { size, body: Readable.from([]) }
      })
    },
    async copy(from, to) {
      check(from, to)
      const source = `/${bucket}/${from}`
      const copied = await inBucket(() =>
        s3.find((store) => store.copyObject(bucket, to, source), 'NoSuchKey'),
      )
      return copied !== undefined
    },
    async remove(keys) {
      check(...keys)
      if (keys.length === 0) return
      await inBucket(() =>
        s3.ask(async (store) => {
          // What minio's types do not say: the first key that could not be removed, as the store has put it.
          const [fault] = await store.removeObjects(bucket, [...keys])
          if (fault !== undefined) throw fault
        }),
      )
    },
    async presignGet(key, { mime, disposition, seconds, audience }) {
      check(key)
      const now = new Date()
      const signer = audience === 'client' ? publicClient : client
      const answer = {
        'response-content-type': mime,
        'response-content-disposition': disposition,
        'response-cache-control': `private, max-age=${seconds}`,
      }
      const url = await signer.presignedGetObject(bucket, key, seconds, answer, now)
      return { url, expiresAt: after(now, seconds) }
    },
    async presignPut(key, { mime, size, seconds }) {
      check(key)
      // Or the client would be sent to a bucket that is not there.
      await ready()
      const expiresAt = after(new Date(), seconds)
      const policy = publicClient.newPostPolicy()
      policy.setBucket(bucket)
      policy.setKey(key)
      policy.setContentType(mime)
      policy.setContentLengthRange(size, size)
      policy.setExpires(expiresAt)
      const { postURL, formData } = await publicClient.presignedPostPolicy(policy)
      return { method: 'POST', url: postURL, fields: { ...formData }, expiresAt }
    },
  }
}

function check(...keys: readonly string[]): void {
  for (const key of keys) if (!BLOB_KEY.test(key)) throw new TypeError(`no key of a blob: ${key}`)
}

/** In whole seconds, as a signature has it. */
function after(now: Date, seconds: number): Date {
  return new Date((Math.floor(now.getTime() / 1000) + seconds) * 1000)
}

function opened(response: IncomingMessage, range: ByteRange | undefined, patienceMs: number): OpenedBlob {
  const size =
    range === undefined
      ? response.headers['content-length']
      : new RegExp(`^bytes ${range.first}-\\d+/(\\d+)$`).exec(response.headers['content-range'] ?? '')?.[1]
  if (size !== undefined) return { size: Number(size), body: watchBody(response, patienceMs) }
  response.destroy()
  throw new BlobStoreUnavailable('a blob has come without its size, or in another range')
}
