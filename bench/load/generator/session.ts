import type { Dialect, Heard } from '../dialects/dialect.js'
import type { Arrival, Seat } from './orders.js'
import { DurationTally } from './tally.js'
import { WebSocketClient } from './web-socket.js'

/** Connections come from many addresses of the loopback: one has ports for 28,000 at most, and keeps each for a minute. */
const ADDRESSES = 50
const REFUSAL_CHARACTERS = 200

/** Microseconds, the same clock in all threads. */
export const now = (): number => (performance.timeOrigin % 1e5) * 1000 + performance.now() * 1000

/** What a thread's sessions count together. */
export class Tally {
  sent = 0
  repeated = 0
  acked = 0
  delivered = 0
  refused = 0
  holes = 0
  again = 0
  closed = 0
  /** What the first refusal said. */
  refusal = ''
  readonly acks = new DurationTally()
  readonly deliveries = new DurationTally()
  readonly arrivals = new DurationTally()
  readonly late = new DurationTally()
}

export interface SessionOptions {
  readonly seat: Seat
  readonly arrival: Arrival
  readonly dialect: Dialect
  readonly tally: Tally
  /** Stands in all its chats. */
  readonly onStanding: () => void
  /** Has ended before that. */
  readonly onFailed: () => void
  /** An answer has come to what it said last. */
  readonly onAnswered: (session: Session) => void
}

/** One user's connection: joins its chats, speaks in the first of them, and counts what it hears. */
export class Session {
  readonly #options: SessionOptions
  readonly #socket: WebSocketClient
  readonly #begunAt = now()
  #missing: number
  #said = 0
  #wantsParting = false
  /** The last message of each sender that was heard of. */
  readonly #last = new Map<number, number>()

  constructor(options: SessionOptions) {
    this.#options = options
    const { seat, dialect } = options
    const { host, port, token, user } = seat
    this.#missing = options.arrival.resumeFrom === undefined ? seat.chats.length : 1
    this.#socket = new WebSocketClient(
      { host, port, ...dialect.handshake(token), from: `127.0.0.${2 + (user % ADDRESSES)}` },
      {
        open: () => {
          if (dialect.greeting !== undefined) this.#socket.send(dialect.greeting(token))
        },
        text: (bytes, start, end) => {
          const heard = dialect.read(bytes, start, user)
          if (heard.kind === 'refusal') this.#noteRefusal(bytes.toString('utf8', start, end))
          this.#hear(heard)
        },
        closed: () => this.#closed(),
      },
    )
  }

  get user(): number {
    return this.#options.seat.user
  }

  /** Says something that was due then; `again`: what it has said last. */
  say(due: number, again: boolean): void {
    const { seat, dialect, tally } = this.#options
    const { user: sender, chats } = seat
    const isRepeat = again && this.#said > 0
    if (isRepeat) tally.repeated += 1
    else {
      this.#said += 1
      tally.sent += 1
    }
    const count = this.#said
    tally.late.add(now() - due)
    this.#socket.send(
      dialect.send(chats[0] ?? '', { due: Math.round(due), sender, count, clientId: `${sender}-${count}` }),
    )
  }

  part(): void {
    this.#wantsParting = true
    this.#socket.close()
  }

  #hear(heard: Heard): void {
    switch (heard.kind) {
      case 'message':
        this.#hearMessage(heard)
        break
      case 'ack':
        this.#answered(heard.due)
        break
      case 'ready':
        this.#enter()
        break
      case 'joined':
        if (this.#missing > 0 && --this.#missing === 0) this.#stand()
        break
      case 'ping':
        this.#socket.send(this.#options.dialect.pong ?? '')
        break
      case 'refusal':
        this.#options.tally.refused += 1
        this.#options.onAnswered(this)
        break
      case 'other':
        break
    }
  }

  #enter(): void {
    const { seat, arrival, dialect } = this.#options
    if (arrival.resumeFrom === undefined) for (const chat of seat.chats) this.#socket.send(dialect.join(chat))
    else this.#socket.send(dialect.resume?.(seat.chats, arrival.resumeFrom) ?? '')
  }

  #stand(): void {
    this.#options.tally.arrivals.add(now() - this.#begunAt)
    this.#options.onStanding()
  }

  #hearMessage({ due, sender, count }: Heard): void {
    const { tally, dialect } = this.#options
    const last = this.#last.get(sender)
    if (last !== undefined && count !== last + 1) {
      if (count <= last) tally.again += 1
      else tally.holes += 1
    }
    this.#last.set(sender, count)
    if (sender !== this.user) {
      tally.delivered += 1
      tally.deliveries.add(now() - due)
    } else if (!dialect.acks) this.#answered(due)
  }

  #answered(due: number): void {
    const { tally, onAnswered } = this.#options
    tally.acked += 1
    tally.acks.add(now() - due)
    onAnswered(this)
  }

  #noteRefusal(text: string): void {
    const { tally } = this.#options
    if (tally.refusal === '') tally.refusal = text.slice(0, REFUSAL_CHARACTERS)
  }

  #closed(): void {
    if (this.#wantsParting) return
    this.#options.tally.closed += 1
    if (this.#missing > 0) this.#options.onFailed()
  }
}
