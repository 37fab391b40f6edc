import { setTimeout as delay } from 'node:timers/promises'

export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface Bar {
  /** So much of the total is done; `note` says what else there is to know. */
  to(done: number, note?: string): void
  end(): void
}

const CELLS = 24
/** Where nobody sees a line rewritten: one of them every so often. */
const PLAIN_MS = 4_000
const REDRAW_MS = 100
const WIDTH = 110

/** Bars for somebody who waits: one line that is rewritten, or plain lines now and then where that cannot be. */
export function createProgress(output: Output) {
  const isLive = output.isTTY === true
  let isDrawn = false

  function clear(): void {
    if (isDrawn) output.write('\r\x1b[K')
    isDrawn = false
  }

  function say(line: string): void {
    clear()
    output.write(`${line}\n`)
  }

  function draw(line: string): void {
    clear()
    output.write(line.slice(0, (output.columns ?? WIDTH) - 1))
    isDrawn = true
  }

  function bar(label: string, total: number): Bar {
    let drawnAt = isLive ? Number.NEGATIVE_INFINITY : performance.now()
    return {
      to(done, note = '') {
        const now = performance.now()
        if (now - drawnAt < (isLive ? REDRAW_MS : PLAIN_MS)) return
        drawnAt = now
        const show = isLive ? draw : say
        show(`${barText(done / total)} ${label} ${note}`.trimEnd())
      },
      end: clear,
    }
  }

  return {
    say,
    bar,
    /** Resolves when so many seconds have passed. */
    async wait(label: string, seconds: number): Promise<void> {
      const one = bar(label, seconds)
      const startedAt = performance.now()
      for (let gone = 0; gone < seconds; gone = (performance.now() - startedAt) / 1000) {
        one.to(gone, `${Math.ceil(seconds - gone)} s left`)
        await delay(Math.min(REDRAW_MS, (seconds - gone) * 1000))
      }
      one.end()
    },
  }
}

export type Progress = ReturnType<typeof createProgress>

export function barText(share: number): string {
  const part = Math.min(1, Math.max(0, share))
  const full = Math.round(part * CELLS)
  return `[${'#'.repeat(full)}${'.'.repeat(CELLS - full)}] ${String(Math.floor(part * 100)).padStart(3)} %`
}
