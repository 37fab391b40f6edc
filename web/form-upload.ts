export interface FormUpload {
  path: string
  token: string
  form: FormData
  /** Hears how much of it has been sent, from 0 to 1. */
  onProgress(sent: number): void
  signal: AbortSignal
}

/** Sends a form by XMLHttpRequest: `fetch` does not tell how much of a body has been sent. */
export const sendForm = ({ path, token, form, onProgress, signal }: FormUpload): Promise<Response> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const request = new XMLHttpRequest()
    const stop = () => request.abort()
    signal.addEventListener('abort', stop)
    request.upload.addEventListener('progress', ({ loaded, total }) =>
      onProgress(total > 0 ? loaded / total : 0),
    )
    request.addEventListener('load', () =>
      resolve(new Response(request.responseText, { status: request.status })),
    )
    request.addEventListener('error', () => reject(new Error('the upload was interrupted')))
    request.addEventListener('abort', () => reject(signal.reason))
    request.addEventListener('loadend', () => signal.removeEventListener('abort', stop))
    request.open('POST', path)
    request.setRequestHeader('authorization', `Bearer ${token}`)
    request.send(form)
  })
