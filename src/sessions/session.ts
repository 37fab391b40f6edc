import { newId } from '../chat/new-id.js'
import type { SocketDoor } from '../ports/figures.js'
import type { CloseReason } from '../protocol/close-codes.js'
import { ParleyError } from '../protocol/errors.js'
import { BAD_FRAMES, BAD_FRAMES_WINDOW_MS, CHATS_PER_SESSION } from '../protocol/limits.js'
import type { User } from '../protocol/objects.js'

/** A latched session whose client reads nothing more is cut off after this. */
const LATCHED_MS = 10_000
/** The signal of a removal comes within this after its event, or was lost. */
const REMOVAL_SIGNAL_MS = 10_000

/** What a door gives each of its sessions; none of it is called after the session has ended. */
export interface Transport {
  readonly door: SocketDoor
  /**
   * Sends one frame of server-frames.ts, encoded; soon, in the order given. Calls the session's `isBehind` when some of
   * what was sent waits for the client to read.
   */
  send(frame: string | Buffer): void
  /** From now on the door's `publish` to this topic reaches the session. */
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  /** Bytes that wait for the client to read. */
  buffered(): number
  /** After what waits has been read. */
  close(reason: CloseReason): void
  /** At once: what waits is thrown away. */
  terminate(): void
}

/** A door as the rooms see it: one call reaches all of its sessions that have subscribed the topic. */
export interface Door {
  publish(topic: string, frame: string | Buffer): void
}

/** Who is told of sessions that do not keep up (slow-readers.ts). */
export interface Readers {
  /** Bytes that may wait for one session. */
  readonly bufferBytes: number
  /** Something waits. */
  backlog(session: Session): void
  /** Too much waits: the session is sent nothing more. */
  latched(session: Session): void
}

/** How long a session may live. */
export interface Lifetime {
  /** When its token expires. */
  readonly expiresAt: Date
  /** It is closed when its client says nothing for this long; undefined where the door sees to that itself. */
  readonly silenceMs: number | undefined
}

/**
 * One open socket of a user, whichever door it came through.
 *
 * It is open, then perhaps latched, then ended. Latched is one that reads too slowly (P6): what it was sent so far
 * is whole, and nothing comes after it but the close, so that it never sees a stream with a hole.
 */
export class Session {
  readonly id = newId()
  /** By this process' own clock. */
  readonly begunAt = performance.now()
  readonly #transport: Transport
  readonly #readers: Readers
  readonly #silenceMs: number
  /** Chats whose events it is sent. */
  readonly joined = new Set<string>()
  /** Chats that it was told to be out of, by when: the same comes as a signal, unless that is lost. */
  #removedFrom: Map<string, number> | undefined
  /** Joins and leaves under way, by chat; undefined while there are none, as nearly always. */
  #moving: Map<string, Promise<void>> | undefined
  /** Frames under way. */
  busy = 0
  #expiresAt: number
  #user: User
  #ended = false
  #latchedAt: number | undefined
  #isShedding = false
  #heardAt = Date.now()
  #badFramesAt: number[] | undefined
  #closedFor: CloseReason | undefined

  constructor(user: User, transport: Transport, readers: Readers, { expiresAt, silenceMs }: Lifetime) {
    this.#user = user
    this.#transport = transport
    this.#readers = readers
    this.#expiresAt = expiresAt.getTime()
    this.#silenceMs = silenceMs ?? Number.POSITIVE_INFINITY
  }

  get door(): SocketDoor {
    return this.#transport.door
  }

  /** Why we have closed it; undefined when we have not. */
  get closedFor(): CloseReason | undefined {
    return this.#closedFor
  }

  /** Under the name that counts now. */
  get user(): User {
    return this.#user
  }

  rename(fullName: string): void {
    if (fullName !== this.#user.fullName) this.#user = { ...this.#user, fullName }
  }

  /** It lives until then, by another token. */
  prolong(expiresAt: Date): void {
    this.#expiresAt = expiresAt.getTime()
  }

  /** After every `await`: a session may have ended meanwhile. */
  get isOpen(): boolean {
    return !this.#ended && this.#latchedAt === undefined
  }

  /** The connection has ended: nothing is sent any more. */
  end(): void {
    this.#ended = true
  }

  send(frame: string | Buffer): void {
    if (this.isOpen) this.#transport.send(frame)
  }

  /** Something waits for the client to read; the frame of so many bytes was sent last. */
  isBehind(lastBytes: number): void {
    if (!this.isOpen) return
    // One frame more is sent to whoever is within the budget, however large it is.
    if (this.#transport.buffered() - lastBytes > this.#readers.bufferBytes) this.latch()
    else this.#readers.backlog(this)
  }

  /** What may be lost without harm: a session that does not keep up is spared it. */
  sendEphemeral(frame: string | Buffer): void {
    if (!this.#isShedding) this.send(frame)
  }

  subscribe(topic: string): void {
    if (this.isOpen) this.#transport.subscribe(topic)
  }

  unsubscribe(topic: string): void {
    if (!this.#ended) this.#transport.unsubscribe(topic)
  }

  close(reason: CloseReason): void {
    if (!this.isOpen) return
    this.#closedFor ??= reason
    this.#transport.close(reason)
  }

  /** Nothing is sent any more; it is closed when its client has read what it was sent, or reads no more. */
  latch(now = Date.now()): void {
    if (!this.isOpen) return
    this.#latchedAt = now
    this.#closedFor ??= 'tooSlow'
    this.#readers.latched(this)
  }

  /** Looks how many bytes wait for the client, and acts on it. */
  checkBacklog(now: number): number {
    if (this.#ended) return 0
    const bytes = this.#transport.buffered()
    if (this.#latchedAt === undefined) {
      this.#isShedding = bytes > this.#readers.bufferBytes / 2
      if (bytes > this.#readers.bufferBytes) this.latch(now)
      return bytes
    }
    if (bytes === 0) this.#transport.close('tooSlow')
    else if (now - this.#latchedAt >= LATCHED_MS) this.#transport.terminate()
    return this.#ended ? 0 : bytes
  }

  /** What waits is thrown away: there is no room for it. */
  cutOff(): void {
    if (this.#ended) return
    this.#closedFor ??= 'tooSlow'
    this.#transport.terminate()
  }

  /** The client has said something. */
  heard(now: number): void {
    this.#heardAt = now
  }

  /** Why the session must not live any longer, if so. */
  isOver(now: number): CloseReason | undefined {
    if (this.#expiresAt <= now) return 'unauthenticated'
    return now - this.#heardAt > this.#silenceMs ? 'heartbeatMissed' : undefined
  }

  /**
   * The joins and leaves of each chat run in the order they were asked for; one of several chats waits for all of
   * them. No deadlock: it takes its place in every queue at once.
   *
   * @throws ParleyError `rate_limited` when too many chats are moving
   */
  async inTurn(chatIds: readonly string[], work: () => Promise<void>): Promise<void> {
    this.#moving ??= new Map()
    const moving = this.#moving
    const isTooMany = moving.size + chatIds.length > CHATS_PER_SESSION
    if (isTooMany && chatIds.some((chatId) => !moving.has(chatId)))
      throw new ParleyError('rate_limited', `At most ${CHATS_PER_SESSION} chats may be joined at once.`)
    const before = chatIds.map((chatId) => moving.get(chatId))
    const mine = Promise.allSettled(before).then(work)
    for (const chatId of chatIds) moving.set(chatId, mine)
    try {
      await mine
    } finally {
      for (const chatId of chatIds) if (moving.get(chatId) === mine) moving.delete(chatId)
      // One that was about no chat may end after the next have begun.
      if (this.#moving?.size === 0) this.#moving = undefined
    }
  }

  /** The user is no member of the chat any more, and this session knows. */
  toldOfRemoval(chatId: string, now = Date.now()): void {
    this.#removedFrom ??= new Map()
    for (const [earlier, at] of this.#removedFrom)
      if (now - at > REMOVAL_SIGNAL_MS) this.#removedFrom.delete(earlier)
    this.#removedFrom.set(chatId, now)
  }

  /** Asked once for each removal. */
  wasToldOfRemoval(chatId: string, now = Date.now()): boolean {
    const at = this.#removedFrom?.get(chatId)
    this.#removedFrom?.delete(chatId)
    return at !== undefined && now - at <= REMOVAL_SIGNAL_MS
  }

  /** Counts a bad frame; true when there were too many of them lately. */
  countBadFrame(now = Date.now()): boolean {
    const lately = this.#badFramesAt?.filter((at) => now - at < BAD_FRAMES_WINDOW_MS) ?? []
    this.#badFramesAt = [...lately, now]
    return this.#badFramesAt.length >= BAD_FRAMES
  }
}
