import { failure, offline, ParleyError } from './errors.js'
import type { Tokens } from './tokens.js'

export type Rest = ReturnType<typeof createRest>

/** Puts a question to a route: by `fetch`, or by what tells more of its progress. */
type Send = (url: string, authorization: string) => Promise<Response>

/** The REST routes, as JSON. What they answer is held equal to the types of protocol.ts by the server's tests. */
export function createRest(base: string, tokens: Tokens) {
  async function ask<T>(path: string, send: Send, signal?: AbortSignal): Promise<T> {
    const sendWith = (token: string) => send(base + path, `Bearer ${token}`)
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
    const body = await response.json().catch(() => ({}))
    if (response.ok) return body
    // Without an error of ours something in between has answered: a proxy with a page of its own.
    const { status } = response
    throw body.error ? new ParleyError(body.error) : failure(`http_${status}`, status > 499)
  }

  return {
    ask,

    /** POST where there is a body, else GET. */
    call: <T>(path: string, body?: object, idempotencyKey?: string) =>
      ask<T>(path, (url, authorization) =>
        fetch(url, {
          method: body ? 'POST' : 'GET',
          headers: {
            authorization,
            'content-type': 'application/json',
            ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
          },
          body: body ? JSON.stringify(body) : null,
        }),
      ),
  }
}
