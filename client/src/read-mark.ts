import type { Connection } from './connection.js'
import { failureOf } from './errors.js'
import { wait } from './wait.js'

const TRY_AGAIN_MS = 1_000

export interface ReadMarkOptions {
  readonly chatId: string
  readonly connection: Connection
  readonly isLive: () => boolean
  readonly lastSeq: () => number
  /** As the server has it. */
  readonly lastReadSeq: () => number
  readonly moved: (seq: number) => void
  readonly changed: () => void
}

/** How far one has read: here at once, at the server as soon as it can be told, the highest only and one at a time. */
export function createReadMark(options: ReadMarkOptions) {
  const { chatId, connection, isLive, lastSeq, lastReadSeq, moved, changed } = options
  let target = 0
  let isTelling = false

  async function flush(): Promise<void> {
    if (isTelling) return
    isTelling = true
    while (isLive() && target > lastReadSeq()) {
      try {
        const done = await connection.request('read', { chatId, seq: Math.min(target, lastSeq()) })
        moved(done.lastReadSeq)
        changed()
      } catch (error) {
        const { temporary, code, retryAfterMs } = failureOf(error)
        // Refused for good, or for the next connection.
        if (!temporary || code === 'offline') break
        await wait(retryAfterMs ?? TRY_AGAIN_MS)
      }
    }
    isTelling = false
  }

  return {
    target: () => target,
    flush: () => void flush(),
    set(seq = lastSeq()): void {
      if (seq <= target) return
      target = Math.min(seq, lastSeq())
      changed()
      void flush()
    },
  }
}
