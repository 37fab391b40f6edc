import { createHash } from 'node:crypto'
import type { Logger } from 'pino'
import type { S3 } from './s3-client.js'

const CORS_SECONDS = 3600
/** When a store is to forget an upload that a killed process has left unfinished. */
const UNFINISHED_DAYS = 1

export interface S3BucketOptions {
  readonly s3: S3
  readonly bucket: string
  readonly region: string
  readonly corsOrigins: '*' | readonly string[]
  readonly logger: Logger
}

/**
 * The bucket, made when it is missing: private, as buckets are until somebody opens them. Rules that an operator has
 * given it are left alone. MinIO has CORS rules for the whole server (open by default) and refuses those of a
 * bucket; it forgets unfinished uploads by itself.
 */
export function createS3Bucket({ s3, bucket, region, corsOrigins, logger }: S3BucketOptions) {
  let standing: Promise<void> | undefined

  async function make(): Promise<void> {
    // Refused: an account that may not ask for the bucket may still use it.
    const exists = await s3.find((client) => client.bucketExists(bucket), 'AccessDenied')
    if (exists === false && (await wasMade())) await ifSupported('lifecycle', forgetUnfinished)
    if (corsOrigins.length > 0) await ifSupported('cors', letBrowsersUpload)
  }

  /** False when another node was faster. */
  async function wasMade(): Promise<boolean> {
    const made = await s3.find(
      (client) => client.makeBucket(bucket, region).then(() => true),
      'BucketAlreadyOwnedByYou',
      'BucketAlreadyExists',
    )
    return made ?? false
  }

  async function ifSupported(rules: string, set: () => Promise<string | undefined>): Promise<void> {
    const code = await set()
    if (code !== undefined) logger.info({ bucket, rules, code }, 'the bucket does not take these rules')
  }

  async function forgetUnfinished(): Promise<string | undefined> {
    const AbortIncompleteMultipartUpload = { DaysAfterInitiation: UNFINISHED_DAYS }
    const rule = { ID: 'unfinished-uploads', Status: 'Enabled', Filter: { Prefix: '' } }
    return await s3.attempt((client) =>
      client.setBucketLifecycle(bucket, { Rule: [{ ...rule, AbortIncompleteMultipartUpload }] }),
    )
  }

  async function letBrowsersUpload(): Promise<string | undefined> {
    const cors = { bucketName: bucket, query: 'cors' }
    const reason = await s3.attempt((client) => client.makeRequestAsyncOmit({ method: 'GET', ...cors }))
    if (reason !== 'NoSuchCORSConfiguration') return reason
    const rules = corsRules(corsOrigins)
    const headers = { 'content-md5': createHash('md5').update(rules).digest('base64') }
    return await s3.attempt((client) =>
      client.makeRequestAsyncOmit({ method: 'PUT', ...cors, headers }, rules),
    )
  }

  return {
    /** Resolves when the bucket is there. @throws BlobStoreUnavailable; the next call tries again */
    ready(): Promise<void> {
      standing ??= make().catch((error: unknown) => {
        standing = undefined
        throw error
      })
      return standing
    },
    /** The bucket has gone: it is made again at the next need. */
    forget(): void {
      standing = undefined
    },
  }
}

function corsRules(origins: '*' | readonly string[]): string {
  const allowed = (origins === '*' ? ['*'] : origins).map(
    (origin) => `<AllowedOrigin>${escapeXml(origin)}</AllowedOrigin>`,
  )
  const methods = ['GET', 'HEAD', 'PUT', 'POST'].map((method) => `<AllowedMethod>${method}</AllowedMethod>`)
  return [
    '<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><CORSRule>',
    ...allowed,
    ...methods,
    `<AllowedHeader>*</AllowedHeader><MaxAgeSeconds>${CORS_SECONDS}</MaxAgeSeconds>`,
    '</CORSRule></CORSConfiguration>',
  ].join('')
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
