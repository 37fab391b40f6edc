import { offline } from './errors.js'
import { aborted } from './wait.js'

/** By XMLHttpRequest where there is one: `fetch` does not tell how much of a body has been sent. */
export function sendForm(
  url: string,
  token: string,
  form: FormData,
  onProgress: (sent: number) => void,
  signal: AbortSignal | undefined,
): Promise<Response> {
  return typeof XMLHttpRequest === 'undefined'
    ? sendByFetch(url, token, form, onProgress, signal)
    : sendByRequest(url, token, form, onProgress, signal)
}

async function sendByFetch(
  ...[url, token, body, onProgress, signal]: Parameters<typeof sendForm>
): Promise<Response> {
  try {
    const headers = { authorization: `Bearer ${token}` }
    const response = await fetch(url, { method: 'POST', headers, body, signal: signal ?? null })
    onProgress(1)
    return response
  } catch (error) {
    throw signal?.aborted ? aborted() : error
  }
}

function sendByRequest(
  ...[url, token, form, onProgress, signal]: Parameters<typeof sendForm>
): Promise<Response> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(aborted())
    const request = new XMLHttpRequest()
    const stop = () => request.abort()
    signal?.addEventListener('abort', stop)
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0)
    request.onload = () => {
      const after = request.getResponseHeader('retry-after')
      const headers = after === null ? {} : { 'retry-after': after }
      resolve(new Response(request.responseText, { status: request.status, headers }))
    }
    request.onerror = () => reject(offline('The upload was interrupted.'))
    request.onabort = () => reject(aborted())
    request.onloadend = () => signal?.removeEventListener('abort', stop)
    request.open('POST', url)
    request.setRequestHeader('authorization', `Bearer ${token}`)
    request.send(form)
  })
}
