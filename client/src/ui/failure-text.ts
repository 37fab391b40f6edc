import type { Labels } from './labels.js'

/** Why something failed, in the words of this language where it has some. */
export function failureText(error: unknown, { failures }: Labels): string {
  if (!(error instanceof Object)) return String(error)
  const code = 'code' in error ? String(error.code) : 'internal'
  const message = 'message' in error ? String(error.message) : code
  return failures[code] ?? message
}
