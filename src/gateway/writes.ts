import type { Figures } from '../ports/figures.js'

interface Flushed {
  flush(): void
}

/** Those that something was sent to within this turn of the event loop: at its end, or when asked, it is written. */
export class Writes {
  readonly sent: Figures['framesSent']
  #pending: Flushed[] = []

  constructor(sent: Figures['framesSent']) {
    this.sent = sent
  }

  add(one: Flushed): void {
    if (this.#pending.length === 0) setImmediate(() => this.flush())
    this.#pending.push(one)
  }

  /** Now: what is published next must come after it. */
  flush(): void {
    const pending = this.#pending
    this.#pending = []
    for (const one of pending) one.flush()
  }
}
