/**
 * The one table of errors, the same for all doors (CONTRACT.md section 3). A code's row says its HTTP status,
 * the close code when the error also ends a session, whether the same request may succeed later, and the
 * sentence a person reads when the thrower has nothing more exact to say.
 */
export const ERRORS = {
  bad_request: { status: 400, temporary: false, message: 'The request is not well formed.' },
  unauthenticated: { status: 401, closeCode: 4401, temporary: false, message: 'A valid token is needed.' },
  token_expired: { status: 401, closeCode: 4401, temporary: false, message: 'The token has expired.' },
  forbidden: { status: 403, temporary: false, message: 'This is not allowed with this token.' },
  not_a_member: { status: 403, closeCode: 4403, temporary: false, message: 'Not a member of this chat.' },
  not_found: { status: 404, temporary: false, message: 'There is no such thing.' },
  chat_closed: { status: 409, temporary: false, message: 'The chat is closed.' },
  conflict: { status: 409, temporary: false, message: 'The request does not fit the present state.' },
  too_large: { status: 413, temporary: false, message: 'The request is too large.' },
  unsupported_type: { status: 415, temporary: false, message: 'This type of content is not supported.' },
  rate_limited: { status: 429, closeCode: 4003, temporary: true, message: 'Too many requests.' },
  internal: { status: 500, temporary: true, message: 'Something went wrong on our side.' },
  attachments_disabled: { status: 501, temporary: false, message: 'Attachments are not enabled here.' },
  overloaded: { status: 503, closeCode: 4003, temporary: true, message: 'The service is overloaded.' },
} as const satisfies Record<string, ErrorRow>

interface ErrorRow {
  readonly status: number
  /** The code a session is closed with when this error ends it; without one the error never ends a session. */
  readonly closeCode?: number
  readonly temporary: boolean
  readonly message: string
}

export type ErrorCode = keyof typeof ERRORS

/** An expected failure: thrown by the domain, turned into a reply, a close or an HTTP answer by the doors. */
export class ParleyError extends Error {
  override readonly name = 'ParleyError'
  readonly code: ErrorCode
  /** When the same request may succeed, where that is known; a whole number. */
  readonly retryAfterMs: number | undefined

  /** `message` is shown to the caller: never a token, a message's content or an internal detail. */
  constructor(code: ErrorCode, message: string = ERRORS[code].message, retryAfterMs?: number) {
    super(message)
    this.code = code
    this.retryAfterMs = retryAfterMs
  }

  get status(): number {
    return ERRORS[this.code].status
  }

  get temporary(): boolean {
    return ERRORS[this.code].temporary
  }

  get closeCode(): number | undefined {
    const row: ErrorRow = ERRORS[this.code]
    return row.closeCode
  }
}

/** What any caught value becomes for a caller: itself when expected, `internal` without its text when not. */
export function toParleyError(error: unknown): ParleyError {
  return error instanceof ParleyError ? error : new ParleyError('internal')
}

export interface ErrorBody {
  readonly code: ErrorCode
  readonly message: string
  readonly temporary: boolean
  readonly retryAfterMs?: number
}

/** An error as every door shows it. */
export function errorBody({ code, message, temporary, retryAfterMs }: ParleyError): ErrorBody {
  return { code, message, temporary, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}
