import type { ErrorBody } from './protocol.js'
import type { ParleyFailure } from './types.js'

/** What a call of this client rejects with: the server's own words, or `offline` and `aborted` of this side. */
export class ParleyError extends Error implements ParleyFailure {
  readonly code: string
  readonly temporary: boolean
  readonly retryAfterMs: number | undefined

  constructor({ code, message, temporary, retryAfterMs }: ErrorBody) {
    super(message)
    this.name = 'ParleyError'
    this.code = code
    this.temporary = temporary
    this.retryAfterMs = retryAfterMs
  }
}

export function refused(code: string, message: string): ParleyError {
  return new ParleyError({ code, message, temporary: false })
}

export function offline(message = 'There is no connection.'): ParleyError {
  return new ParleyError({ code: 'offline', message, temporary: true })
}

/** Whatever was thrown, as a failure that can be shown. */
export function failureOf(error: unknown): ParleyFailure {
  if (error instanceof ParleyError) return error
  return new ParleyError({
    code: 'internal',
    message: error instanceof Error ? error.message : String(error),
    temporary: true,
  })
}
