import { wait } from './delays.js'
import { failure, offline } from './errors.js'
import type { Attachment, UploadedAttachment } from './protocol.js'
import type { Rest, RestRequest } from './rest.js'
import type { UploadOptions } from './types.js'

/** A scanner's verdict is asked for this often. */
const VERDICT_MS = 1_000

/** Brings a file to the chat whose attachments are at this path. */
export async function upload(
  rest: Rest,
  path: string,
  file: Blob & { name?: string },
  { onProgress, signal }: UploadOptions = {},
): Promise<Attachment> {
  const form = new FormData()
  form.append('file', file, file.name ?? 'file')
  // `fetch` does not tell how much of a body has been sent.
  const send = globalThis.XMLHttpRequest && sendTelling(onProgress)
  const answer = await rest<{ data: UploadedAttachment[] }>(path, form, { signal, send })
  let [arrived] = answer.data
  while (arrived?.status === 'quarantined') {
    await wait(VERDICT_MS)
    signal?.throwIfAborted()
    arrived = await rest<UploadedAttachment>(`${path}/${arrived.id}/complete`, {})
  }
  if (arrived?.status !== 'ready') throw failure('unsupported_type')
  const { status, ...attachment } = arrived
  return attachment
}

function sendTelling(onProgress: UploadOptions['onProgress']) {
  return (url: string, { method, headers, body, signal }: RestRequest): Promise<Response> =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      const request = new XMLHttpRequest()
      signal?.addEventListener('abort', () => request.abort())
      request.upload.onprogress = ({ loaded, total }) => onProgress?.(loaded / (total || 1))
      request.onload = () => resolve(new Response(request.responseText, request))
      request.onloadend = () => reject(offline())
      request.open(method, url)
      for (const name in headers) request.setRequestHeader(name, headers[name] ?? '')
      request.send(body)
    })
}
