import { FRAME_HARD_BYTES } from '../protocol/limits.js'
import type { Arrival } from '../sessions/admission.js'
import type { Session } from '../sessions/session.js'

const EARLY_FRAMES = 32

interface EarlyFrame {
  readonly bytes: ArrayBuffer
  readonly isBinary: boolean
}

/** What uWS keeps with each socket. It copies the object's own properties, so a class has to stand in one of them. */
export interface SocketData {
  readonly state: SocketState
}

/**
 * A socket is open before its token is checked; what a client says meanwhile
 * waits here, unread, and is handled when the session begins.
 */
export class SocketState {
  #arrival: Arrival | undefined
  session: Session | undefined
  isClosed = false
  #early: EarlyFrame[] | undefined
  #earlyBytes = 0

  constructor(arrival: Arrival) {
    this.#arrival = arrival
  }

  /** Who asks; not kept any longer. */
  takeArrival(): Arrival | undefined {
    const arrival = this.#arrival
    this.#arrival = undefined
    return arrival
  }

  /** Keeps a copy of a frame, whose memory is uWS' own; false when there are too many. */
  keepEarly(bytes: ArrayBuffer, isBinary: boolean): boolean {
    this.#earlyBytes += bytes.byteLength
    this.#early ??= []
    if (this.#early.length === EARLY_FRAMES || this.#earlyBytes > FRAME_HARD_BYTES) return false
    this.#early.push({ bytes: bytes.slice(0), isBinary })
    return true
  }

  /** The frames that were kept, in order; they are not kept any longer. */
  takeEarly(): readonly EarlyFrame[] {
    const early = this.#early ?? []
    this.#early = undefined
    return early
  }
}
