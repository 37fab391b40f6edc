import { isObject } from './json.js'
import type { Identity } from './people.js'

/** The server has no `/dev/token`: it is not embedded, or not only for this machine. Nobody can be signed in. */
export class NotEmbeddedError extends Error {}

/** A token, which on a real marketplace comes from its own backend. */
export async function fetchToken({ sub, fullName, scope }: Identity): Promise<string> {
  const response = await fetch('/dev/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sub, fullName, scope }),
  })
  if (response.status === 404) throw new NotEmbeddedError('There is no /dev/token here.')
  const body: unknown = await response.json()
  if (!response.ok || !isObject(body) || typeof body.token !== 'string')
    throw new Error(`/dev/token answered ${response.status}`)
  return body.token
}

/** Where the raw WebSocket is: on the host that this page came from, which the page's policy allows. */
export async function fetchWsUrl(): Promise<string> {
  const response = await fetch('/config.json')
  const body: unknown = await response.json()
  if (!isObject(body) || typeof body.wsPort !== 'number')
    throw new Error(`/config.json answered ${response.status}`)
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  return `${scheme}//${location.hostname}:${body.wsPort}/ws`
}
