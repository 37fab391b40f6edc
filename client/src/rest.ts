import { failureOf, offline, ParleyError } from './errors.js'
import type { Tokens } from './tokens.js'
import { sendForm } from './upload-form.js'

export type Rest = ReturnType<typeof createRest>

/** The REST routes, as JSON. What they answer is held equal to the types of protocol.ts by the server's tests. */
export function createRest(url: string, tokens: Tokens) {
  const base = url.replace(/\/+$/, '')

  /** Once more with a new token: the one in hand may have ended while the machine slept. */
  async function authorized(ask: (token: string) => Promise<Response>): Promise<Response> {
    try {
      const response = await ask((await tokens.current()).text)
      return response.status === 401 ? await ask((await tokens.fresh()).text) : response
    } catch (error) {
      if (error instanceof ParleyError) throw error
      // No connection, or no token because there is none: to the caller that is the same.
      throw offline(failureOf(error).message)
    }
  }

  async function bodyOf<T>(response: Response): Promise<T> {
    if (!response.ok) throw await errorOf(response)
    return await response.json()
  }

  return {
    async call<T>(
      method: 'GET' | 'POST',
      path: string,
      body?: object,
      headers?: Record<string, string>,
    ): Promise<T> {
      const response = await authorized((token) =>
        fetch(base + path, {
          method,
          headers: {
            ...headers,
            authorization: `Bearer ${token}`,
            ...(body && { 'content-type': 'application/json' }),
          },
          ...(body && { body: JSON.stringify(body) }),
        }),
      )
      return await bodyOf(response)
    },

    /** A form with one file; `onProgress` hears how much of it has been sent, from 0 to 1. */
    async upload<T>(
      path: string,
      form: FormData,
      onProgress: (sent: number) => void,
      signal: AbortSignal | undefined,
    ): Promise<T> {
      return await bodyOf(await authorized((token) => sendForm(base + path, token, form, onProgress, signal)))
    },
  }
}

async function errorOf(response: Response): Promise<ParleyError> {
  const after = Number(response.headers.get('retry-after'))
  try {
    const { error } = await response.json()
    return new ParleyError({ ...error, ...(after > 0 && { retryAfterMs: after * 1000 }) })
  } catch {
    // Something in between has answered: a proxy with a page of its own.
    const { status } = response
    return new ParleyError({
      code: `http_${status}`,
      message: `The server answered ${status}.`,
      temporary: status >= 500,
    })
  }
}
