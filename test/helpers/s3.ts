import { randomUUID } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { S3BlobOptions } from '../../src/adapters/blobs-s3.js'
import { temporaryFolder } from './folders.js'
import { freePort, type StartedProcess, startProcess, until } from './processes.js'

const program = fileURLToPath(new URL('s3-server.mjs', import.meta.url))

/** An S3 of the test's own: s3rver, as MinIO itself cannot run on the project's machines. */
export interface S3Server {
  readonly url: string
  readonly accessKey: string
  readonly secretKey: string
  /** Of the process that runs now; another one after a restart. */
  readonly pid: number
  /** What it has been asked since it was started last: a method and a URL each. */
  requests(): string[]
  /** The keys of a bucket, and the ids of its unfinished uploads. */
  kept(bucket: string): Promise<string[]>
  /** Takes a bucket away, with all that is in it. */
  dropBucket(bucket: string): Promise<void>
  stop(): Promise<void>
  /** On the same port and folder again. */
  start(): Promise<void>
}

/** What a node is told of it, with a bucket of its own. */
export function s3Options(
  s3: Pick<S3Server, 'url' | 'accessKey' | 'secretKey'>,
  more: Partial<S3BlobOptions> = {},
): S3BlobOptions {
  return {
    endpoint: s3.url,
    publicEndpoint: s3.url,
    bucket: `bucket-${randomUUID().slice(0, 8)}`,
    accessKey: s3.accessKey,
    secretKey: s3.secretKey,
    region: 'us-east-1',
    corsOrigins: '*',
    ...more,
  }
}

/** Starts an S3 that is ready when this resolves, and killed at the test's end. */
export async function startS3(t: Test): Promise<S3Server> {
  const port = await freePort()
  const folder = await temporaryFolder(t)

  const launch = async (): Promise<StartedProcess> => {
    const env = { PATH: process.env.PATH, PORT: String(port), FOLDER: folder }
    const child = startProcess(t, process.execPath, [program], env)
    await until(child, `s3rver on port ${port}`, 30_000, async () => child.output().includes('listening'))
    return child
  }

  let current = await launch()
  return {
    url: `http://127.0.0.1:${port}`,
    accessKey: 'S3RVER',
    secretKey: 'S3RVER',
    get pid() {
      return current.pid
    },
    requests: () =>
      current
        .output()
        .split('\n')
        .filter((line) => line.includes(' /')),
    async kept(bucket) {
      const place = join(folder, bucket)
      const names = await readdir(place, { recursive: true }).catch(() => [])
      const keys = names
        .filter((name) => name.endsWith('._S3rver_object'))
        .map((name) => name.split('._')[0] ?? '')
      const uploads = await readdir(join(place, '._S3rver_uploads')).catch(() => [])
      return [...keys, ...uploads].sort()
    },
    dropBucket: async (bucket) => await rm(join(folder, bucket), { recursive: true }),
    stop: async () => {
      await current.stop('SIGKILL')
    },
    start: async () => {
      await current.stop('SIGKILL')
      current = await launch()
    },
  }
}
