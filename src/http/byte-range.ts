/** The first and the last byte that a `Range` header asks for, counted from 0. */
export interface Range {
  readonly first: number
  readonly last: number
}

/**
 * What a `Range` header means for that many bytes: undefined for all of them, as for several ranges at once or for
 * a header that is not understood (RFC 9110, 14.2); `none` when it asks for nothing that there is.
 */
export function byteRange(header: string | undefined, size: number): Range | 'none' | undefined {
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (from === undefined || to === undefined || from + to === '') return undefined
  if (from === '')
    return Number(to) === 0 || size === 0 ? 'none' : { first: Math.max(0, size - Number(to)), last: size - 1 }
  const first = Number(from)
  const last = to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (to !== '' && Number(to) < first) return undefined
  return first < size ? { first, last } : 'none'
}
