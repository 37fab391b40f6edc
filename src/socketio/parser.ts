import * as parser from 'socket.io-parser'
import { SOCKETIO_FRAME_BYTES } from '../protocol/limits.js'

/** Pieces of binary data in one event. Far above what a message may name, so that too many are refused by name. */
const PIECES = 100

/**
 * The library's own decoder takes down the connection for the eleventh file of a message, without a word; and it keeps
 * as many bytes of one event as come, for its bound is on each piece. Here the event as a whole is bounded.
 */
class BoundedDecoder extends parser.Decoder {
  #bytes = 0

  constructor() {
    super({ maxAttachments: PIECES })
  }

  override add(piece: string | Buffer): void {
    this.#bytes = typeof piece === 'string' ? piece.length : this.#bytes + piece.length
    if (this.#bytes > SOCKETIO_FRAME_BYTES) {
      this.destroy()
      throw new Error('the event is too large')
    }
    super.add(piece)
  }
}

export const boundedParser = { ...parser, Decoder: BoundedDecoder }
