import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Test } from 'tap'
import { z } from 'zod'
import { upload, uploadTarget } from '../../src/protocol/objects.js'
import { send } from './blobs.js'
import { type Answer, call } from './clients.js'
import { filesIn, temporaryFolder } from './folders.js'
import { startTestNode } from './frames.js'
import type { NodeProcess } from './processes.js'
import { type S3Server, startS3 } from './s3.js'

/** A node, and what its blob store has in it. */
export interface BlobNode {
  readonly node: NodeProcess
  /** The keys of all blobs, and whatever else has been left in the store: drafts, unfinished uploads. */
  kept(): Promise<string[]>
  /** Undefined where blobs are files. */
  readonly s3: S3Server | undefined
}

const BUCKET = 'chat-files'

/** Runs the tests once on each blob store: the same doors, the same answers. */
export function forEachBlobStore(
  t: Test,
  env: Record<string, string>,
  tests: (t: Test, stored: BlobNode) => Promise<void>,
): void {
  t.test('files', async (t) => await tests(t, await startFileNode(t, env)))
  t.test('S3', async (t) => await tests(t, await startS3Node(t, env)))
}

export async function startFileNode(t: Test, env: Record<string, string> = {}): Promise<BlobNode> {
  const dataDir = await temporaryFolder(t)
  const node = await startTestNode(t, { ...env, DATA_DIR: dataDir })
  return { node, s3: undefined, kept: async () => await filesIn(join(dataDir, 'blobs')) }
}

export async function startS3Node(t: Test, env: Record<string, string> = {}): Promise<BlobNode> {
  const s3 = await startS3(t)
  const node = await startTestNode(t, {
    S3_ENDPOINT: s3.url,
    S3_BUCKET: BUCKET,
    S3_ACCESS_KEY: s3.accessKey,
    S3_SECRET_KEY: s3.secretKey,
    ...env,
  })
  return { node, s3, kept: async () => await s3.kept(BUCKET) }
}

export interface SentFile {
  readonly name: string
  readonly body: Buffer
}

/** `POST /chats/:id/attachments`, the files as a browser's form sends them. */
export async function postFiles(
  { node }: { readonly node: { readonly url: string } },
  bearer: string | undefined,
  chatId: string,
  files: readonly SentFile[],
): Promise<Answer> {
  const form = new FormData()
  for (const { name, body } of files) form.append('file', new Blob([new Uint8Array(body)]), name)
  const response = await fetch(`${node.url}/chats/${chatId}/attachments`, {
    method: 'POST',
    headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
    body: form,
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}

const uploaded = z.strictObject({ data: z.array(upload.strict()) })

/** The attachments that the files have become. @throws when they are refused */
export async function uploadFiles(...given: Parameters<typeof postFiles>) {
  const answer = await postFiles(...given)
  if (answer.status !== 201) throw new Error(`refused: ${JSON.stringify(answer.body)}`)
  return uploaded.parse(answer.body).data
}

/** The one attachment that a file has become. */
export async function uploadFile(
  stored: Pick<BlobNode, 'node'>,
  bearer: string,
  chatId: string,
  file: SentFile,
) {
  const [one] = await uploadFiles(stored, bearer, chatId, [file])
  if (one === undefined) throw new Error('nothing was uploaded')
  return one
}

const presigned = z.strictObject({ attachment: upload.strict(), upload: uploadTarget.strict() })

/** Announces a file. @throws when it is refused */
export async function presign(
  { node }: Pick<BlobNode, 'node'>,
  bearer: string,
  chatId: string,
  announced: object,
) {
  const answer = await call(node, bearer, 'POST', `/chats/${chatId}/attachments/presign`, announced)
  if (answer.status !== 201) throw new Error(`refused: ${JSON.stringify(answer.body)}`)
  return presigned.parse(answer.body)
}

/** Brings the bytes to where they were announced, as a client does. */
export async function bring(target: z.infer<typeof uploadTarget>, body: Buffer): Promise<Response> {
  return await send(target.url, target, body)
}

export async function complete({ node }: Pick<BlobNode, 'node'>, bearer: string, chatId: string, id: string) {
  return await call(node, bearer, 'POST', `/chats/${chatId}/attachments/${id}/complete`)
}

const link = z.strictObject({ url: z.url(), expiresAt: z.iso.datetime() })

/** The URL that an attachment can be read from. @throws when it is refused */
export async function linkTo(
  stored: Pick<BlobNode, 'node'>,
  bearer: string,
  chatId: string,
  id: string,
  more = '',
) {
  const answer = await askLink(stored, bearer, chatId, id, more)
  if (answer.status !== 200) throw new Error(`refused: ${JSON.stringify(answer.body)}`)
  return link.parse(answer.body)
}

export async function askLink(
  { node }: Pick<BlobNode, 'node'>,
  bearer: string | undefined,
  chatId: string,
  id: string,
  more = '',
): Promise<Answer> {
  return await call(node, bearer, 'GET', `/chats/${chatId}/attachments/${id}?redirect=false${more}`)
}

/** Follows the redirect, as a browser or `curl -L` does. */
export async function download(
  { node }: Pick<BlobNode, 'node'>,
  bearer: string,
  chatId: string,
  id: string,
  more = '',
) {
  const response = await fetch(`${node.url}/chats/${chatId}/attachments/${id}${more}`, {
    headers: { authorization: `Bearer ${bearer}` },
  })
  const body = Buffer.from(await response.arrayBuffer())
  return { status: response.status, headers: response.headers, url: response.url, body }
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
