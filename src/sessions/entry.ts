import type { ChatEvent } from '../chat/events.js'
import type { Snapshot, SnapshotPoint, Snapshots } from '../chat/snapshots.js'
import { ParleyError } from '../protocol/errors.js'
import { CHATS_PER_SESSION } from '../protocol/limits.js'
import type { JoinData } from '../protocol/server-frames.js'
import type { Room } from './room.js'
import type { Rooms } from './rooms.js'
import type { Session } from './session.js'

/** Snapshots that may turn out too old to join by, one after the other, before the client is asked to try later. */
export const ATTEMPTS = 5

/**
 * One chat on a session's way into it, without a race: the bus is listened to before the snapshot is read, the
 * node's stream is brought to where the snapshot stands, and then the reply, the events since the snapshot and the
 * subscription are one synchronous step. So the session is sent every event after `rev` once.
 */
export class Entry {
  readonly room: Room
  readonly #session: Session
  readonly #context: EntryContext
  readonly #releaseRoom: () => void
  #entered = false

  private constructor(
    context: EntryContext,
    session: Session,
    used: { readonly room: Room; readonly release: () => void },
  ) {
    this.#context = context
    this.#session = session
    this.room = used.room
    this.#releaseRoom = used.release
  }

  /** `close` it, whatever comes of it. A session that has joined is sent no events until it has joined again. */
  static async open(context: EntryContext, session: Session, chatId: string): Promise<Entry> {
    const used = await context.rooms.use(chatId)
    context.rooms.pause(session, used.room)
    return new Entry(context, session, used)
  }

  get chatId(): string {
    return this.room.chatId
  }

  /** @throws ParleyError `not_a_member`, `overloaded` */
  async read(point: SnapshotPoint): Promise<Snapshot> {
    return await this.#context.snapshots.read(this.#session.user, this.chatId, point)
  }

  /** The others are told first what this session has in its complete data: everybody once, in order. */
  async follow(data: JoinData): Promise<void> {
    if (!this.#session.isOpen) return
    this.#context.rooms.learnMembers(this.room, data)
    this.room.stream.start(data.rev)
    await this.room.stream.catchUp(data.rev)
  }

  /**
   * The events that the node has delivered since; undefined when it has not kept all of them, or stands behind the
   * data after all: then the data is of no use.
   */
  missedSince({ rev }: JoinData): ChatEvent[] | undefined {
    const { stream } = this.room
    if (stream.position === undefined || stream.position < rev) return undefined
    return stream.tailAfter(rev)
  }

  /** Why the session may not come in after all; `more` are those that come in with it. */
  refusal({ rev }: JoinData, more = 0): ParleyError | undefined {
    if (this.room.wasRemovedAfter(rev, this.#session.user.id)) return new ParleyError('not_a_member')
    const { joined } = this.#session
    if (!joined.has(this.chatId) && joined.size + more >= CHATS_PER_SESSION)
      return new ParleyError('conflict', `A session joins at most ${CHATS_PER_SESSION} chats.`)
    return undefined
  }

  /** In the turn in which the data was replied. */
  enter(missed: readonly ChatEvent[], how: { readonly told: boolean }): void {
    this.#entered = true
    this.#context.rooms.enter(this.room, this.#session, missed, how)
  }

  close(): void {
    if (!this.#entered) this.#context.rooms.leave(this.#session, this.chatId)
    this.#releaseRoom()
  }
}

export interface EntryContext {
  readonly rooms: Rooms
  readonly snapshots: Snapshots
}
