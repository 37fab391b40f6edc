// The S3 of the tests, a process of its own (test/helpers/s3.ts): s3rver, and what it lacks of any real store.
// Environment: PORT, FOLDER. A line is written for each request, and one when it listens.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import S3rver from '@20minutes/s3rver'

const { PORT: port, FOLDER: folder } = process.env
const server = new S3rver({ address: '127.0.0.1', port: Number(port), directory: folder, silent: true })
/** Buckets that somebody has opened to the world. */
const open = new Set()

server.middleware.unshift(async (ctx, next) => {
  const { method, path, query, headers } = ctx
  console.log(`${method} ${ctx.url}`)
  const [, bucket = ''] = path.split('/')
  if ('acl' in query || 'policy' in query || headers['x-amz-acl'] !== undefined) open.add(bucket)
  // A form brings its signature among its fields; s3rver looks at neither that nor the policy.
  const isSigned = headers.authorization !== undefined || 'X-Amz-Signature' in query || ctx.is('multipart')
  if (!isSigned && method !== 'OPTIONS' && !open.has(bucket)) {
    ctx.status = 403
    ctx.type = 'application/xml'
    ctx.body = '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
    return
  }
  try {
    await next()
  } catch (error) {
    // s3rver has checked the signature by now, and knows no AbortMultipartUpload.
    if (error.code !== 'MethodNotAllowed' || method !== 'DELETE' || !query.uploadId) throw error
    await rm(join(folder, bucket, '._S3rver_uploads', query.uploadId), { recursive: true, force: true })
    ctx.status = 204
  }
})

await server.run()
console.log('listening')
