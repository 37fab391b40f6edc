import { z } from 'zod'
import { type Answer, silence } from './connection.js'
import { refusal } from './wire.js'

const errorBody = z.object({ error: refusal })

export interface RestRequest {
  /** Of the node, through its proxy. */
  readonly url: string
  readonly token: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: object
  readonly idempotencyKey?: string
  readonly timeoutMs: number
}

/** One REST call; its failures are answers as the sockets give them. */
export async function callRest(request: RestRequest): Promise<Answer> {
  const { url, token, method, path, body, idempotencyKey, timeoutMs } = request
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(`${url}${path}`, {
      method,
      signal,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const data: unknown = await response.json()
    if (response.ok) return { ok: true, data }
    const seconds = Number(response.headers.get('retry-after') ?? 0)
    return { ok: false, retryAfterMs: seconds * 1000, ...errorBody.parse(data).error }
  } catch (error) {
    if (error instanceof z.ZodError) throw error
    return silence(signal.aborted ? 'timeout' : 'unreachable')
  }
}
