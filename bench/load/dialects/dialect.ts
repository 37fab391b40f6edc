/** What a frame from a server is to the generator. One object is used for all frames: it counts until the next one. */
export interface Heard {
  kind: 'ready' | 'joined' | 'ack' | 'message' | 'ping' | 'refusal' | 'other'
  /** Of an ack and of a message: when it was due, as it was stamped. */
  due: number
  /** Of a message: who sent it, and the how-manieth of that one's it is. */
  sender: number
  count: number
}

/** How a system under test is spoken to. Everything that is sent is ASCII. */
export interface Dialect {
  handshake(token: string): { readonly path: string; readonly headers: Readonly<Record<string, string>> }
  /** What is said once the connection stands, before the server has said that it is ready; absent: nothing. */
  greeting?: (token: string) => string
  join(chat: string): string
  /** All the chats of a session in one frame, from where each of them stood; absent where there is no such thing. */
  resume?: (chats: readonly string[], rev: number) => string
  send(chat: string, stamp: Stamp): string
  /** The answer to a ping that the system does not leave to the WebSocket. */
  pong?: string
  /** False where nothing answers a send: then its own echo does. */
  readonly acks: boolean
  read(bytes: Buffer, start: number, user: number): Heard
}

export interface Stamp {
  readonly due: number
  readonly sender: number
  readonly count: number
  /** Unique for each message of the sender; the same again for a repeat. */
  readonly clientId: string
}

/** Bytes of a message's content: the length of a short sentence or two. */
const CONTENT_BYTES = 100
const DUE_DIGITS = 12
const SENDER_DIGITS = 6
const COUNT_DIGITS = 8
const STAMP_DIGITS = DUE_DIGITS + SENDER_DIGITS + COUNT_DIGITS
const FILLER =
  ' And when will the parcel arrive? It was to be here on Tuesday, they said at the shop..'.slice(
    0,
    CONTENT_BYTES - STAMP_DIGITS,
  )

/** A content that says when it was due, by whom, and the how-manieth of that one's it is. */
export function stampedContent({ due, sender, count }: Stamp): string {
  return padded(due, DUE_DIGITS) + padded(sender, SENDER_DIGITS) + padded(count, COUNT_DIGITS) + FILLER
}

const CONTENT = Buffer.from('"content":"')

/** Reads the stamp behind the `"content":"` that comes first from `start` on. */
export function readStamp(bytes: Buffer, start: number, heard: Heard): void {
  const at = bytes.indexOf(CONTENT, start) + CONTENT.length
  heard.due = digits(bytes, at, DUE_DIGITS)
  heard.sender = digits(bytes, at + DUE_DIGITS, SENDER_DIGITS)
  heard.count = digits(bytes, at + DUE_DIGITS + SENDER_DIGITS, COUNT_DIGITS)
}

/** The number whose first digit is at `start`. */
export function numberAt(bytes: Buffer, start: number): number {
  let number = 0
  for (let at = start; ; at++) {
    const digit = (bytes[at] ?? 0) - 48
    if (digit < 0 || digit > 9) return number
    number = number * 10 + digit
  }
}

export function createHeard(): Heard {
  return { kind: 'other', due: 0, sender: 0, count: 0 }
}

function padded(number: number, length: number): string {
  return String(number).padStart(length, '0')
}

function digits(bytes: Buffer, start: number, length: number): number {
  let number = 0
  for (let at = start; at < start + length; at++) number = number * 10 + (bytes[at] ?? 0) - 48
  return number
}
