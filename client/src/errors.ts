import type { ErrorBody } from './protocol.js'
import type { ParleyFailure } from './types.js'

/** What a call of this client rejects with: the server's own words, or a code of this side, which is its message too. */
export class ParleyError extends Error implements ParleyFailure {
  declare readonly code: string
  declare readonly temporary: boolean
  /** A second, where the server has not said otherwise. */
  readonly retryAfterMs: number = 1_000

  constructor(body: ErrorBody) {
    super(body.message)
    Object.assign(this, body)
  }
}

export function failure(code: string, temporary = false, message = code): ParleyError {
  return new ParleyError({ code, message, temporary })
}

/** There is no connection, or none any more. */
export function offline(): ParleyError {
  return failure('offline', true)
}

/** Whatever was thrown, as a failure that can be shown. */
export function failureOf(error: unknown): ParleyError {
  return error instanceof ParleyError ? error : failure('internal', true, `${error}`)
}
