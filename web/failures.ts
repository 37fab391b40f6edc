// What went wrong: in a person's words, and whether it is worth another try.

import { ApiError } from './api.js'
import { RequestError } from './socket.js'

export const RETRY_MS = 2_000

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** Without a full stop: it becomes a part of a sentence. */
export const reasonOf = (error: unknown): string =>
  error instanceof RequestError || error instanceof ApiError
    ? error.message.replace(/\.$/, '')
    : 'The server could not be reached'

export const isTemporary = (error: unknown): boolean => error instanceof RequestError && error.temporary

/** The answer would be the same the next time. */
export const isFinal = (error: unknown): boolean => error instanceof ApiError && !error.temporary

export const isNotFound = (error: unknown): boolean => error instanceof ApiError && error.code === 'not_found'

export const isDisconnect = (error: unknown): boolean =>
  error instanceof RequestError && error.code === 'disconnected'

export const retryDelay = (error: unknown): number =>
  (error instanceof RequestError ? error.retryAfterMs : null) ?? RETRY_MS / 2 + Math.random() * RETRY_MS
