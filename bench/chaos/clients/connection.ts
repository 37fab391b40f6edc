import type { Frame } from './wire.js'

/** The answer to a request: the service's, or that none came. */
export type Answer =
  | { readonly ok: true; readonly data: unknown }
  | {
      readonly ok: false
      readonly code: string
      readonly temporary: boolean
      readonly retryAfterMs?: number | undefined
    }

/** One open socket of a user, by either door. */
export interface Connection {
  /** The node that it leads to. */
  readonly node: number
  /**
   * `settle` is called once, in the order in which answers and pushes arrive: what comes after a reply is handled
   * after it. Without an answer in time it is called with `timeout`, without a connection with `disconnected`.
   */
  ask(type: string, fields: object, timeoutMs: number, settle: (answer: Answer) => void): void
  /** When anything came last, in milliseconds of the process' clock. */
  lastHeardAt(): number
  /** Ends it as a client does that has had enough; `code` is what its owner is told. */
  close(code: number): void
}

export interface ConnectionOptions {
  readonly node: number
  readonly url: string
  readonly token: string
  readonly onPush: (push: Frame) => void
  /** Called once, with a close code of the raw door: 1006 when the connection was lost. */
  readonly onClose: (code: number) => void
}

/** No answer has come: whether the request was carried out is not known. */
export function silence(code: 'timeout' | 'disconnected' | 'unreachable'): Answer {
  return { ok: false, code, temporary: true }
}

/** Requests under way on one connection. */
export function createPending() {
  const waiting = new Map<string, { settle: (answer: Answer) => void; timer: NodeJS.Timeout }>()
  let count = 0

  function settle(ref: string, answer: Answer): void {
    const one = waiting.get(ref)
    if (one === undefined) return
    waiting.delete(ref)
    clearTimeout(one.timer)
    one.settle(answer)
  }

  return {
    /** Gives the `ref` to send. */
    begin(timeoutMs: number, onSettled: (answer: Answer) => void): string {
      count += 1
      const ref = `r${count}`
      const timer = setTimeout(() => settle(ref, silence('timeout')), timeoutMs)
      waiting.set(ref, { settle: onSettled, timer })
      return ref
    },
    settle,
    disconnect(): void {
      for (const ref of [...waiting.keys()]) settle(ref, silence('disconnected'))
    },
  }
}
