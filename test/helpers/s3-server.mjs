// The S3 of the tests, a process of its own (test/helpers/s3.ts): s3rver, and what it lacks of any real store.
// Environment: PORT, FOLDER. A line is written for each request, and one when it listens.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import S3rver from '@20minutes/s3rver'

// What is signed is encoded by RFC 3986; s3rver checks by less, and refuses each URL with one of these signs in it.
const encode = globalThis.encodeURIComponent
globalThis.encodeURIComponent = (text) =>
  encode(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

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
    refuse(ctx, 403, 'AccessDenied')
    return
  }
  try {
    await next()
    // It would promise a byte of an empty object, and never send it.
    if (ctx.status === 206 && ctx.response.get('content-range').endsWith('/0'))
      refuse(ctx, 416, 'InvalidRange')
  } catch (error) {
    // s3rver has checked the signature by now, and knows no AbortMultipartUpload.
    if (error.code !== 'MethodNotAllowed' || method !== 'DELETE' || !query.uploadId) throw error
    await rm(join(folder, bucket, '._S3rver_uploads', query.uploadId), { recursive: true, force: true })
    ctx.status = 204
  }
})

function refuse(ctx, status, code) {
  ctx.remove('content-range')
  ctx.status = status
  ctx.type = 'application/xml'
  ctx.body = `<Error><Code>${code}</Code><Message>${code}</Message></Error>`
}

await server.run()
console.log('listening')
