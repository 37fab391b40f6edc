import { wait } from './delays.js'
import { failure, offline } from './errors.js'
import type { Attachment, UploadedAttachment } from './protocol.js'
import type { Rest } from './rest.js'
import type { UploadOptions } from './types.js'

/** A scanner's verdict is asked for this often. */
const VERDICT_MS = 1_000

/** Brings a file to the chat whose attachments are at this path. */
export async function upload(
  rest: Rest,
  path: string,
  file: Blob & { name?: string },
  options: UploadOptions = {},
): Promise<Attachment> {
  const { signal } = options
  const form = new FormData()
  form.append('file', file, file.name ?? 'file')
  const { data } = await rest.ask<{ data: UploadedAttachment[] }>(
    path,
    (url, authorization) => sendForm(url, authorization, form, options),
    signal,
  )
  let [arrived] = data
  // A scanner's verdict is waited for.
  while (arrived?.status === 'quarantined') {
    await wait(VERDICT_MS)
    signal?.throwIfAborted()
    arrived = await rest.call<UploadedAttachment>(`${path}/${arrived.id}/complete`, {})
  }
  if (arrived?.status !== 'ready') throw failure('unsupported_type')
  const { status, ...attachment } = arrived
  return attachment
}

/** By XMLHttpRequest where there is one: `fetch` does not tell how much of a body has been sent. */
function sendForm(
  url: string,
  authorization: string,
  body: FormData,
  { onProgress, signal }: UploadOptions,
): Promise<Response> {
  signal?.throwIfAborted()
  if (!globalThis.XMLHttpRequest)
    return fetch(url, { method: 'POST', headers: { authorization }, body, signal: signal ?? null })
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    signal?.addEventListener('abort', () => request.abort())
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(loaded / (total || 1))
    request.onload = () => resolve(new Response(request.responseText, request))
    request.onloadend = () => reject(offline())
    request.open('POST', url)
    request.setRequestHeader('authorization', authorization)
    request.send(body)
  })
}
