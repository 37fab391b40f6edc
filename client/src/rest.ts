import { failure, offline, ParleyError } from './errors.js'
import type { Tokens } from './tokens.js'

export interface RestRequest {
  readonly method: string
  readonly headers: Record<string, string>
  readonly body: FormData | string
  readonly signal: AbortSignal | null
}

export interface RestOptions {
  readonly idempotencyKey?: string | undefined
  readonly signal?: AbortSignal | null | undefined
  /** What tells more of its progress than `fetch` does. */
  readonly send?: ((url: string, request: RestRequest) => Promise<Response>) | undefined
}

export type Rest = ReturnType<typeof createRest>

/**
 * The REST routes: POST where there is a body, an object or a form, else GET. What they answer is held equal to the types of
 * protocol.ts by the server's tests.
 */
export function createRest(base: string, tokens: Tokens) {
  return async <T>(
    path: string,
    body?: object,
    { idempotencyKey, signal = null, send = fetch }: RestOptions = {},
  ): Promise<T> => {
    const isForm = body instanceof FormData
    const sendWith = (token: string) =>
      send(base + path, {
        method: body ? 'POST' : 'GET',
        headers: {
          authorization: `Bearer ${token}`,
          ...(isForm ? {} : { 'content-type': 'application/json' }),
          ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
        },
        body: isForm ? body : JSON.stringify(body),
        signal,
      })
    let response: Response
    try {
      response = await sendWith(await tokens.current())
      // The token in hand may have ended while the machine slept.
      if (response.status === 401) response = await sendWith(await tokens.fresh())
    } catch {
      signal?.throwIfAborted()
      // No connection, or no token because there is none.
      throw offline()
    }
    const answer = await response.json().catch(() => ({}))
    if (response.ok) return answer
    // Without an error of ours something in between has answered: a proxy with a page of its own.
    if (answer.error) throw new ParleyError(answer.error)
    throw failure(`http_${response.status}`, response.status > 499)
  }
}
