import { v7 as uuidv7 } from 'uuid'
import type { CloseReason } from '../protocol/close-codes.js'
import { ParleyError } from '../protocol/errors.js'
import { BAD_FRAMES, BAD_FRAMES_WINDOW_MS, CHATS_PER_SESSION } from '../protocol/limits.js'
import type { User } from '../protocol/objects.js'

/** What a door gives each of its sessions; none of it is called after the session has ended. */
export interface Transport {
  /** Sends one frame of server-frames.ts, encoded. */
  send(frame: string | Buffer): void
  /** From now on the door's `publish` to this topic reaches the session. */
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  close(reason: CloseReason): void
}

/** A door as the rooms see it: one call reaches all of its sessions that have subscribed the topic. */
export interface Door {
  publish(topic: string, frame: string | Buffer): void
}

/** One open socket of a user, whichever door it came through. */
export class Session {
  readonly id = uuidv7()
  readonly #transport: Transport
  /** Chats whose events it is sent. */
  readonly joined = new Set<string>()
  /** Joins and leaves under way, by chat. */
  readonly #moving = new Map<string, Promise<void>>()
  /** Frames under way. */
  busy = 0
  #user: User
  #open = true
  #badFramesAt: number[] = []

  constructor(user: User, transport: Transport) {
    this.#user = user
    this.#transport = transport
  }

  /** Under the name that counts now. */
  get user(): User {
    return this.#user
  }

  rename(fullName: string): void {
    this.#user = { ...this.#user, fullName }
  }

  /** After every `await`: a session may have ended meanwhile. */
  get isOpen(): boolean {
    return this.#open
  }

  /** The connection has ended: nothing is sent any more. */
  end(): void {
    this.#open = false
  }

  send(frame: string | Buffer): void {
    if (this.#open) this.#transport.send(frame)
  }

  subscribe(topic: string): void {
    if (this.#open) this.#transport.subscribe(topic)
  }

  unsubscribe(topic: string): void {
    if (this.#open) this.#transport.unsubscribe(topic)
  }

  close(reason: CloseReason): void {
    if (this.#open) this.#transport.close(reason)
  }

  /**
   * The joins and leaves of each chat run in the order they were asked for; one of several chats waits for all of
   * them. No deadlock: it takes its place in every queue at once.
   *
   * @throws ParleyError `rate_limited` when too many chats are moving
   */
  async inTurn(chatIds: readonly string[], work: () => Promise<void>): Promise<void> {
    const isTooMany = this.#moving.size + chatIds.length > CHATS_PER_SESSION
    if (isTooMany && chatIds.some((chatId) => !this.#moving.has(chatId)))
      throw new ParleyError('rate_limited', `At most ${CHATS_PER_SESSION} chats may be joined at once.`)
    const before = chatIds.map((chatId) => this.#moving.get(chatId))
    const mine = Promise.allSettled(before).then(work)
    for (const chatId of chatIds) this.#moving.set(chatId, mine)
    try {
      await mine
    } finally {
      for (const chatId of chatIds) if (this.#moving.get(chatId) === mine) this.#moving.delete(chatId)
    }
  }

  /** Counts a bad frame; true when there were too many of them lately. */
  countBadFrame(now = Date.now()): boolean {
    this.#badFramesAt = this.#badFramesAt.filter((at) => now - at < BAD_FRAMES_WINDOW_MS)
    this.#badFramesAt.push(now)
    return this.#badFramesAt.length >= BAD_FRAMES
  }
}
