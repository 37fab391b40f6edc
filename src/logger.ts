import { type Logger, pino } from 'pino'
import type { LogLevel } from './config.js'

/** The process' log: JSON lines. Of an error only what it is: a driver's error may carry a statement's parameters. */
export function createLogger(level: LogLevel): Logger {
  return pino({ level, serializers: { error: describeError } })
}

export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) }
  const code = 'code' in error ? error.code : undefined
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' ? { code } : {}),
    stack: error.stack,
  }
}
