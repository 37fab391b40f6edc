import type { WebSocketConstructor } from 'parley'
import { type Cell, createCell } from '../cell.js'

const ABNORMAL = 1006

export interface Plug {
  /** To be given to `createParley`. */
  readonly WebSocket: WebSocketConstructor
  readonly isPulled: Cell<boolean>
  pull(): void
  putBack(): void
}

/** A phone's network cable: when it is pulled its socket ends as a lost network ends it, and no new one opens. */
export function createPlug(): Plug {
  const isPulled = createCell(false)
  const open = new Set<PluggedSocket>()

  class PluggedSocket {
    onopen: ((event: Event) => void) | null = null
    onmessage: ((event: MessageEvent) => void) | null = null
    onclose: ((event: CloseEvent) => void) | null = null
    onerror: ((event: Event) => void) | null = null
    readonly #socket: WebSocket | undefined
    #isCut = false

    constructor(url: string, protocols: string[]) {
      open.add(this)
      if (isPulled.state) {
        // Later, as a browser does: nobody listens yet.
        queueMicrotask(() => this.cut())
        return
      }
      const socket = new WebSocket(url, protocols)
      socket.onopen = (event) => (this.#isCut ? socket.close() : this.onopen?.(event))
      socket.onmessage = (event) => this.#isCut || this.onmessage?.(event)
      socket.onerror = (event) => this.#isCut || this.onerror?.(event)
      socket.onclose = (event) => this.#end(event)
      this.#socket = socket
    }

    get readyState(): number {
      return this.#isCut ? WebSocket.CLOSED : (this.#socket?.readyState ?? WebSocket.CONNECTING)
    }

    send(text: string): void {
      if (!this.#isCut) this.#socket?.send(text)
    }

    close(code?: number): void {
      this.#socket?.close(code)
    }

    /** Nothing more comes out of it, whatever is still on its way; who listens hears of it at once. */
    cut(): void {
      // A browser complains of a socket that is closed before it has opened: that one is closed when it does.
      if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.close()
      this.#end(new CloseEvent('close', { code: ABNORMAL }))
    }

    #end(event: CloseEvent): void {
      if (this.#isCut) return
      this.#isCut = true
      open.delete(this)
      this.onclose?.(event)
    }
  }

  return {
    WebSocket: PluggedSocket,
    isPulled,
    pull() {
      isPulled.set(true)
      for (const socket of [...open]) socket.cut()
    },
    putBack() {
      isPulled.set(false)
    },
  }
}
