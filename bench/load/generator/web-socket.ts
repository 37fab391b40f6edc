import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'

/**
 * A WebSocket client that costs next to nothing. The generator shares the machine with what it measures: whatever a
 * library spends on objects, events and masks would be taken from the servers. It does what these servers need: text
 * frames in one piece, ping, close.
 */

export interface Listener {
  /** The handshake is done. */
  open(): void
  /** A text frame is in `bytes` from `start` up to `end`. The memory is used again after the call. */
  text(bytes: Buffer, start: number, end: number): void
  /** For whatever reason; the close code, or 1006 without one. */
  closed(code: number): void
}

export interface Address {
  readonly host: string
  readonly port: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Where it comes from: one address has too few ports for many thousands of connections. */
  readonly from: string
}

const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 } as const
const FINAL = 0x80
const MASKED = 0x80
const ABNORMAL = 1006
const BLANK_LINE = Buffer.from('\r\n\r\n')

/** Everything of a thread is read into the same memory, one read after the other. */
const shared = Buffer.allocUnsafe(256 * 1024)

export class WebSocketClient {
  readonly #listener: Listener
  readonly #socket: Socket
  #isOpen = false
  #code = ABNORMAL
  /** What came of a frame, or of the handshake, that is not complete yet. */
  #rest: Buffer | undefined

  constructor({ host, port, path, headers, from }: Address, listener: Listener) {
    this.#listener = listener
    this.#socket = connect({
      ...{ host, port, localAddress: from, noDelay: true },
      onread: {
        buffer: shared,
        callback: (count) => {
          this.#read(shared.subarray(0, count))
          return true
        },
      },
    })
    this.#socket.on('error', () => {})
    this.#socket.once('close', () => listener.closed(this.#code))
    this.#socket.once('connect', () => {
      const all = {
        Host: `${host}:${port}`,
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
        ...headers,
      }
      const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
      this.#socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    })
  }

  /** ASCII only: one byte for each character. */
  send(text: string): void {
    this.#socket.write(toFrame(OPCODE.text, text))
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(bytes: Buffer): void {
    const all = this.#rest === undefined ? bytes : Buffer.concat([this.#rest, bytes])
    const end = this.#isOpen ? this.#readFrames(all, 0) : this.#readHandshake(all)
    this.#rest = end < all.length ? Buffer.from(all.subarray(end)) : undefined
  }

  /** Gives up to where it was understood. */
  #readHandshake(bytes: Buffer): number {
    const end = bytes.indexOf(BLANK_LINE)
    if (end < 0) return 0
    if (!bytes.toString('latin1', 0, end).startsWith('HTTP/1.1 101 ')) {
      this.#socket.destroy()
      return bytes.length
    }
    this.#isOpen = true
    this.#listener.open()
    return this.#readFrames(bytes, end + BLANK_LINE.length)
  }

  #readFrames(bytes: Buffer, from: number): number {
    let at = from
    while (at + 2 <= bytes.length) {
      const first = bytes[at] ?? 0
      let start = at + 2
      let length = bytes[at + 1] ?? 0
      if (length === 126) {
        if (start + 2 > bytes.length) break
        length = bytes.readUInt16BE(start)
        start += 2
      } else if (length === 127) {
        if (start + 8 > bytes.length) break
        length = Number(bytes.readBigUInt64BE(start))
        start += 8
      }
      if (start + length > bytes.length) break
      this.#handle(first, bytes, start, start + length)
      at = start + length
    }
    return at
  }

  #handle(first: number, bytes: Buffer, start: number, end: number): void {
    if (first === (FINAL | OPCODE.text)) this.#listener.text(bytes, start, end)
    else if (first === (FINAL | OPCODE.ping)) this.#socket.write(toFrame(OPCODE.pong, ''))
    else if (first === (FINAL | OPCODE.close)) {
      if (end - start >= 2) this.#code = bytes.readUInt16BE(start)
      this.#socket.destroy()
    } else if (first !== (FINAL | OPCODE.pong))
      throw new Error(`a frame of a kind that nobody sends: ${first}`)
  }
}

/** Masked with zeros, which changes nothing. */
function toFrame(opcode: number, text: string): Buffer {
  const { length } = text
  const head = length < 126 ? 6 : 8
  const frame = Buffer.allocUnsafe(head + length)
  frame[0] = FINAL | opcode
  if (length < 126) frame[1] = MASKED | length
  else {
    frame[1] = MASKED | 126
    frame.writeUInt16BE(length, 2)
  }
  frame.writeUInt32BE(0, head - 4)
  frame.write(text, head, 'latin1')
  return frame
}
