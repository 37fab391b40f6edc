import { CLOSE_CODES, type CloseReason } from '../protocol/close-codes.js'
import type { Transport } from '../sessions/session.js'
import type { SocketData, SocketState } from './socket-state.js'
import type { uWS } from './uws.js'
import type { Writes } from './writes.js'

const SENT = 1

/**
 * The way to one client. What it is sent within one turn of the event loop leaves at the turn's end as one write to
 * the kernel, which costs far more than all that Parley does for a frame.
 *
 * A closed uWS socket throws when it is touched: `SocketState.isClosed` says so, and the session is told.
 */
export class SocketTransport implements Transport {
  readonly door = 'raw'
  readonly #socket: uWS.WebSocket<SocketData>
  readonly #state: SocketState
  readonly #writes: Writes
  #frames: (string | Buffer)[] | undefined

  constructor(socket: uWS.WebSocket<SocketData>, state: SocketState, writes: Writes) {
    this.#socket = socket
    this.#state = state
    this.#writes = writes
  }

  send(frame: string | Buffer): void {
    if (this.#frames === undefined) {
      this.#frames = [frame]
      this.#writes.add(this)
    } else this.#frames.push(frame)
  }

  /** Writes what was sent. */
  flush(): void {
    const frames = this.#frames
    this.#frames = undefined
    const { session, isClosed } = this.#state
    if (frames === undefined || isClosed) return
    if (frames.length === 1) {
      this.#write(frames)
      return
    }
    this.#socket.cork(() => this.#write(frames))
    // What was gathered is written when the cork is out.
    const last = frames.at(-1)
    if (last !== undefined && this.#socket.getBufferedAmount() > 0) session?.isBehind(last.length)
  }

  subscribe(topic: string): void {
    this.#socket.subscribe(topic)
  }

  unsubscribe(topic: string): void {
    this.#socket.unsubscribe(topic)
  }

  buffered(): number {
    return this.#socket.getBufferedAmount()
  }

  close(reason: CloseReason): void {
    this.flush()
    end(this.#socket, reason)
  }

  terminate(): void {
    this.#socket.close()
  }

  #write(frames: readonly (string | Buffer)[]): void {
    const { session } = this.#state
    for (const frame of frames) {
      // Latched by the frame before: what it was sent so far is whole.
      if (session?.isOpen === false) return
      this.#writes.sent.raw += 1
      if (this.#socket.send(frame, false) !== SENT) session?.isBehind(frame.length)
    }
  }
}

/** Ends a socket that has no session, too. */
export function end(socket: uWS.WebSocket<SocketData>, why: CloseReason): void {
  const { code, reason } = CLOSE_CODES[why]
  socket.end(code, reason)
}
