import { isObject } from '../json.js'
import type { Identity } from '../people.js'
import { fetchToken } from '../sign-in.js'

export type Backend = ReturnType<typeof createBackend>

/** REST with one identity's token, as a marketplace's server calls it. */
export function createBackend(identity: Identity) {
  let token: Promise<string> | undefined

  async function attempt(method: string, path: string, body?: unknown, key?: string): Promise<Response> {
    token ??= fetchToken(identity)
    return await fetch(path, {
      method,
      headers: {
        authorization: `Bearer ${await token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }

  async function call(...request: Parameters<typeof attempt>): Promise<Record<string, unknown>> {
    let response = await attempt(...request)
    if (response.status === 401) {
      // The token has ended since (a laptop that slept): a new one, once.
      token = undefined
      response = await attempt(...request)
    }
    const body: unknown = await response.json()
    if (!response.ok || !isObject(body)) throw new Error(`${request[1]} answered ${response.status}`)
    return body
  }

  return {
    get: async (path: string) => await call('GET', path),
    /** With a key, a repeat of the same call changes nothing. */
    post: async (path: string, body: unknown, key?: string) => await call('POST', path, body, key),
  }
}
