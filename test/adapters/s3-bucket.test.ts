import t from 'tap'
import { createS3Blobs } from '../../src/adapters/blobs-s3.js'
import { put, read } from '../helpers/blobs.js'
import { listeningLogger } from '../helpers/loggers.js'
import { s3Options, startS3 } from '../helpers/s3.js'
import { silent } from '../helpers/stores.js'

t.test('several nodes that start at once make one bucket, and none opens it', async (t) => {
  const s3 = await startS3(t)
  // Without rules: s3rver reads them while it still writes them.
  const options = s3Options(s3, { corsOrigins: [] })
  const nodes = Array.from({ length: 8 }, () => createS3Blobs(options, silent))
  await Promise.all(nodes.map((blobs, n) => put(blobs, `files/${n}`, String(n))))
  for (const [n, blobs] of nodes.entries())
    t.equal((await read(blobs, `files/${7 - n}`))?.toString(), String(7 - n))
  t.strictSame(
    s3.requests().filter((line) => /[?&](acl|policy)/.test(line)),
    [],
  )
  const anonymous = await fetch(`${s3.url}/${options.bucket}/files/1`)
  t.equal(anonymous.status, 403)
  t.equal((await fetch(`${s3.url}/${options.bucket}`)).status, 403, 'nor is it listed')
})

t.test('browsers may upload, unless the operator has rules of its own', async (t) => {
  const s3 = await startS3(t)
  const corsOrigins = ['https://shop.example', 'https://a.example?<&>']
  const options = s3Options(s3, { corsOrigins })
  const blobs = createS3Blobs(options, silent)
  await put(blobs, 'files/a', 'x')
  const preflight = async (origin: string, method = 'POST'): Promise<number> => {
    const headers = { origin, 'access-control-request-method': method }
    return (await fetch(`${s3.url}/${options.bucket}/files/a`, { method: 'OPTIONS', headers })).status
  }
  for (const origin of corsOrigins)
    for (const method of ['POST', 'PUT', 'GET'])
      t.equal(await preflight(origin, method), 200, `${method} ${origin}`)
  t.equal(await preflight('https://shop.example', 'DELETE'), 403)
  t.equal(await preflight('https://other.example'), 403)

  // Another node, told otherwise, finds rules that are there.
  await put(createS3Blobs({ ...options, corsOrigins: ['https://other.example'] }, silent), 'files/b', 'x')
  t.equal(await preflight('https://other.example'), 403)
  t.equal(s3.requests().filter((line) => line === `PUT /${options.bucket}?cors`).length, 1)

  const closed = s3Options(s3, { corsOrigins: [] })
  await put(createS3Blobs(closed, silent), 'files/a', 'x')
  t.notOk(s3.requests().some((line) => line.includes(`/${closed.bucket}?cors`)))
})

t.test(
  'a rule about unfinished uploads is asked for in a bucket of our own alone, and may be refused',
  async (t) => {
    const s3 = await startS3(t)
    const { logger, saying } = listeningLogger()
    const options = s3Options(s3)
    await put(createS3Blobs(options, logger), 'files/a', 'x')
    await put(createS3Blobs(options, logger), 'files/b', 'x')
    t.equal(s3.requests().filter((line) => line === `PUT /${options.bucket}?lifecycle`).length, 1)
    t.equal(saying('the bucket does not take these rules').length, 1)
    t.match(saying('the bucket does not take these rules')[0], /"code":"NotImplemented"/)
  },
)
