import { createHmac, timingSafeEqual } from 'node:crypto'
import { ParleyError } from './errors.js'

/** Where Parley's own door has the blobs that it keeps itself; what follows is the key. */
export const BLOBS_PATH = '/blobs/'

const EXPIRES = 'expires'
const SIGNATURE = 'signature'

export interface SignedRequest {
  readonly method: string
  /** Without a query, and as it stands in the URL. */
  readonly path: string
  /** What the URL is good for beside its path. */
  readonly params: Readonly<Record<string, string>>
  readonly expiresAt: Date
}

/** A path of Parley's own door, with a query that lets whoever holds it make this one request until it expires. */
export function signUrl(secret: string, { method, path, params, expiresAt }: SignedRequest): string {
  const query = new URLSearchParams({ ...params, [EXPIRES]: String(Math.floor(expiresAt.getTime() / 1000)) })
  query.append(SIGNATURE, signatureOf(secret, method, path, query))
  return `${path}?${query}`
}

/**
 * What a signed path and its query are good for. Nothing in them may differ from what was signed, but the order of
 * the parameters.
 * @throws ParleyError `forbidden`: not signed for this request with this secret, or expired.
 */
export function verifyUrl(secret: string, method: string, url: string, now = Date.now()): SignedRequest {
  const [path = '', text = ''] = splitOnce(url, '?')
  const query = new URLSearchParams(text)
  const given = Buffer.from(query.getAll(SIGNATURE).join())
  query.delete(SIGNATURE)
  const expected = Buffer.from(signatureOf(secret, method, path, query))
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new ParleyError('forbidden', 'This link is not valid.')

  const { [EXPIRES]: expires, ...params } = Object.fromEntries(query)
  const expiresAt = new Date(Number(expires) * 1000)
  if (!(expiresAt.getTime() > now)) throw new ParleyError('forbidden', 'This link has expired.')
  return { method, path, params, expiresAt }
}

/** JSON keeps apart what a plain separator could let run together. */
function signatureOf(secret: string, method: string, path: string, query: URLSearchParams): string {
  const params = [...query].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return createHmac('sha256', secret)
    .update(JSON.stringify([method, path, params]))
    .digest('base64url')
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
