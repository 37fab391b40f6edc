import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { reasonOf } from './postgres-errors.js'

/** Between two looks, times a half to one and a half: the nodes do not come back all at once. */
const PAUSE_MS = 500

interface PostgresWatchOptions {
  /** Resolves when the database answers. @throws when it does not, soon */
  readonly probe: () => Promise<void>
  readonly onAway: (reason: string) => void
  /** The database answers again, after `lost` or after it was away. */
  readonly onReturn: () => void
  readonly logger: Logger
}

/**
 * Whether the database is there: it is until a probe fails, then it is away until one succeeds. There is never more
 * than one probe, and none while nobody has a doubt.
 */
export function createPostgresWatch({ probe, onAway, onReturn, logger }: PostgresWatchOptions) {
  const closing = new AbortController()
  let awayBecause: string | undefined
  let isWatching = false
  let isDoubted = false
  let hasLost = false

  function doubt(): void {
    isDoubted = true
    if (!isWatching) void watch()
  }

  async function watch(): Promise<void> {
    isWatching = true
    while ((isDoubted || awayBecause !== undefined) && !closing.signal.aborted) {
      isDoubted = false
      await look()
      const pause = PAUSE_MS * (0.5 + Math.random())
      await delay(pause, undefined, { ref: false, signal: closing.signal }).catch(() => {})
    }
    isWatching = false
  }

  async function look(): Promise<void> {
    try {
      await probe()
    } catch (error) {
      goAway(reasonOf(error))
      return
    }
    if (closing.signal.aborted) return
    if (awayBecause !== undefined) logger.warn('the database is back')
    const isReturn = hasLost || awayBecause !== undefined
    awayBecause = undefined
    hasLost = false
    if (isReturn) onReturn()
  }

  function goAway(reason: string): void {
    if (awayBecause !== undefined || closing.signal.aborted) return
    awayBecause = reason
    logger.warn({ reason }, 'the database is away')
    onAway(reason)
    doubt()
  }

  return {
    /** Why the database is away; undefined when it is not. */
    get awayBecause(): string | undefined {
      return awayBecause
    },

    /** Perhaps the database is away. */
    doubt,

    /** What was under way has failed. */
    lost(): void {
      hasLost = true
      doubt()
    },

    /** The database does not answer to what it was asked, whatever it answers to others. */
    goAway,

    close(): void {
      closing.abort()
    },
  }
}
