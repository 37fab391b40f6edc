import type { ChatEvent } from '../chat/events.js'
import type { HoleSource } from '../ports/figures.js'

/**
 * How long a hole is given to be filled by the bus, where the missing event is most likely on its way: a busy node
 * publishes tens of milliseconds after its commit. Reading too early costs more than waiting.
 */
const HOLE_MS = 100
const RETRY_MS = 500
/** Events that may wait behind a hole; beyond, they are read again from Postgres. */
const HELD_MOST = 1000
/** Events kept for a join under way; a join that is slower reads again. */
const TAIL_MOST = 500

/** The same for all streams: a node has thousands. */
export interface ChatStreamOptions {
  /** Called for each event, in the order of `rev`, each once. */
  readonly deliver: (chatId: string, event: ChatEvent) => void
  /** The next events after a rev, in order, from Postgres; empty when there are none. */
  readonly read: (chatId: string, afterRev: number) => Promise<readonly ChatEvent[]>
  /** A hole was filled by this. */
  readonly onFilled: (source: HoleSource) => void
  readonly onError: (chatId: string, error: unknown) => void
}

/**
 * The events of one chat on one node, made into one ordered stream (P2).
 *
 * The stream stands at the rev that was delivered last. An event one above is delivered; one at or below is a
 * repeat, and dropped; one further above waits, and if the hole before it is not filled at once, the missing ones
 * are read from Postgres. It does not matter in which order, how often or whether the bus brings an event: the
 * stream only ever moves by one, and Postgres knows all.
 *
 * Before the first snapshot the stream stands nowhere: events wait until `start` says where it does.
 */
export class ChatStream {
  readonly #chatId: string
  readonly #options: ChatStreamOptions
  #position: number | undefined
  /** Behind a hole; undefined while there is none, as nearly always. */
  #held: Map<number, ChatEvent> | undefined
  #heldSinceRead = false
  /** Events came that could not be held. */
  #overflowed = false
  #timer: NodeJS.Timeout | undefined
  #repair: Promise<void> | undefined
  #tail: ChatEvent[] = []
  #tailKeepers = 0
  #closed = false

  constructor(chatId: string, options: ChatStreamOptions) {
    this.#chatId = chatId
    this.#options = options
  }

  /** The rev that was delivered last; undefined before `start`. */
  get position(): number | undefined {
    return this.#position
  }

  /** The stream stands at `rev`, the state of a snapshot. Without effect when it stands somewhere already. */
  start(rev: number): void {
    if (this.#position !== undefined) return
    this.#position = rev
    this.#deliverHeld()
  }

  receive(event: ChatEvent): void {
    if (this.#closed) return
    if (this.#position !== undefined && event.rev <= this.#position) return
    if (event.rev === (this.#position ?? Number.NaN) + 1) {
      this.#deliver(event)
      if (this.#held === undefined) return
      this.#deliverHeld()
      if (this.#held === undefined) this.#options.onFilled('bus')
      return
    }
    this.#heldSinceRead = true
    this.#held ??= new Map()
    if (this.#held.size < HELD_MOST) this.#held.set(event.rev, event)
    else this.#overflowed = true
    if (this.#position !== undefined) this.#repairSoon(HOLE_MS)
  }

  /** Reads until the stream stands at `rev` or beyond. True when it has delivered what it read. @throws as `read` */
  async catchUp(rev: number): Promise<boolean> {
    let hasDelivered = false
    while (!this.#closed && this.#position !== undefined && this.#position < rev) {
      const before = this.#position
      if (await this.#readOnce()) hasDelivered = true
      if (this.#position === before) break
    }
    return hasDelivered
  }

  /** The stream stands nowhere again, until `start`. */
  restart(): void {
    this.#position = undefined
    this.#held = undefined
    this.#overflowed = false
    this.#tail = []
  }

  /** The events after `rev` that were delivered since `keepTail`; undefined when not all of them were kept. */
  tailAfter(rev: number): ChatEvent[] | undefined {
    if (this.#position === rev) return []
    const first = this.#tail[0]
    if (first === undefined || first.rev > rev + 1) return undefined
    return this.#tail.filter((event) => event.rev > rev)
  }

  /** Keeps delivered events, for a join under way, until the answer is called. */
  keepTail(): () => void {
    this.#tailKeepers += 1
    return () => {
      this.#tailKeepers -= 1
      if (this.#tailKeepers === 0) this.#tail = []
    }
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#held = undefined
  }

  #deliver(event: ChatEvent): void {
    this.#position = event.rev
    if (this.#tailKeepers > 0) {
      if (this.#tail.length === TAIL_MOST) this.#tail.shift()
      this.#tail.push(event)
    }
    this.#options.deliver(this.#chatId, event)
  }

  #deliverHeld(): void {
    if (this.#position === undefined) return
    for (;;) {
      const next = this.#held?.get(this.#position + 1)
      if (next === undefined) break
      this.#held?.delete(next.rev)
      this.#deliver(next)
    }
    for (const rev of this.#held?.keys() ?? []) if (rev <= this.#position) this.#held?.delete(rev)
    if (this.#held?.size === 0) this.#held = undefined
    if (this.#isBehind) this.#repairSoon(HOLE_MS)
  }

  /** Events are known of that have not been delivered. */
  get #isBehind(): boolean {
    return this.#held !== undefined || this.#overflowed
  }

  #repairSoon(afterMs: number): void {
    if (this.#timer !== undefined || this.#repair !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#isBehind) this.#repair = this.#fillHole().finally(() => this.#afterRepair())
    }, afterMs)
  }

  async #fillHole(): Promise<void> {
    try {
      let before: number | undefined
      let hasDelivered = false
      do {
        before = this.#position
        this.#heldSinceRead = false
        if (await this.#readOnce()) hasDelivered = true
        // Again when there was more than one read brings, or when an event came meanwhile that it did not see.
      } while (!this.#closed && this.#isBehind && (this.#position !== before || this.#heldSinceRead))
      // What still waits behind a hole was never committed: no node of ours has published it.
      this.#held = undefined
      this.#overflowed = false
      if (hasDelivered) this.#options.onFilled('postgres')
    } catch (error) {
      this.#options.onError(this.#chatId, error)
      this.#heldSinceRead = true
    }
  }

  #afterRepair(): void {
    this.#repair = undefined
    if (this.#isBehind && !this.#closed) this.#repairSoon(this.#heldSinceRead ? RETRY_MS : HOLE_MS)
  }

  /** True when something that was read had not come meanwhile. */
  async #readOnce(): Promise<boolean> {
    let hasDelivered = false
    if (this.#position === undefined) return hasDelivered
    for (const event of await this.#options.read(this.#chatId, this.#position)) {
      if (this.#closed) return hasDelivered
      if (event.rev !== this.#position + 1) continue
      this.#deliver(event)
      hasDelivered = true
    }
    this.#deliverHeld()
    return hasDelivered
  }
}
