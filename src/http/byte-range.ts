import type { ByteRange } from '../ports/blob-store.js'

/**
 * What a `Range` header means for that many bytes: undefined for all of them, as for several ranges at once or for
 * a header that is not understood (RFC 9110, 14.2); `none` when it asks for nothing that there is.
 */
export function byteRange(header: string | undefined, size: number): ByteRange | 'none' | undefined {
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (from === undefined || to === undefined || from + to === '') return undefined
  const end = size - 1
  const range =
    from === ''
      ? { first: Math.max(0, size - Number(to)), last: end }
      : { first: Number(from), last: to === '' ? end : Number(to) }
  if (from !== '' && to !== '' && range.last < range.first) return undefined
  return range.first > end ? 'none' : { first: range.first, last: Math.min(range.last, end) }
}
