import { chatChannel } from '../chat/channels.js'
import { PRESENCE_MEMBERS } from '../protocol/limits.js'
import type { JoinData } from '../protocol/server-frames.js'
import type { ChatStream } from './chat-stream.js'
import { Multimap } from './multimap.js'
import { Roster } from './roster.js'
import type { Door, Session } from './session.js'

/** With more sessions than this a door fans out faster than we do. */
const TOPIC_SESSIONS = 16

/** Removals remembered, the newest: many more than happen while one join is under way. */
const REMOVED_MOST = 1000

/** One chat in use on this node: its stream, the sessions that have joined it, and what is known of its members. */
export class Room {
  readonly chatId: string
  /** The chat's name on the bus, and inside the doors. */
  readonly topic: string
  readonly stream: ChatStream
  readonly roster = new Roster()
  /** Sessions joined and joins under way: without any the room is closed. */
  uses = 0
  readonly #sessions = new Multimap<Session>()
  /** Those that are sent the events. */
  readonly #listening = new Set<Session>()
  #hasTopic = false
  #members: readonly string[] = []
  #membersRev = -1
  #memberCount = 0
  /** Members removed, by the event that did it: a join whose snapshot is older must not come in. */
  #removed: Map<string, number> | undefined

  constructor(chatId: string, stream: ChatStream) {
    this.chatId = chatId
    this.topic = chatChannel(chatId)
    this.stream = stream
  }

  /** Arrivals and departures of single users are told in chats of up to PRESENCE_MEMBERS members. */
  get tellsPresence(): boolean {
    return this.#memberCount <= PRESENCE_MEMBERS
  }

  get users(): string[] {
    return [...this.#sessions.keys()]
  }

  get members(): readonly string[] {
    return this.#members
  }

  /** How many are sent the events. */
  get listening(): number {
    return this.#listening.size
  }

  hasUser(userId: string): boolean {
    return this.#sessions.has(userId)
  }

  sessionsOf(userId: string): Session[] {
    return [...this.#sessions.of(userId)]
  }

  sessions(): Iterable<Session> {
    return this.#sessions.values()
  }

  /** Events reach it from now on. */
  listen(session: Session): void {
    this.#listening.add(session)
    if (this.#hasTopic) session.subscribe(this.topic)
    else if (this.#listening.size > TOPIC_SESSIONS) {
      // For as long as the room is open: one that comes and goes at the limit must not be moved each time.
      this.#hasTopic = true
      for (const each of this.#listening) each.subscribe(this.topic)
    }
  }

  unlisten(session: Session): void {
    if (this.#listening.delete(session) && this.#hasTopic) session.unsubscribe(this.topic)
  }

  /**
   * Sends an event to those that listen. Few are written to one by one, each together with what else it is sent in
   * this turn; many by the doors' own fan-out. True when it was the latter, which says nothing of slow readers.
   */
  publish(frame: string | Buffer, doors: readonly Door[]): boolean {
    if (this.#hasTopic) for (const door of doors) door.publish(this.topic, frame)
    else for (const session of this.#listening) session.send(frame)
    return this.#hasTopic
  }

  /** True when it is the user's first session here. */
  add(session: Session): boolean {
    return this.#sessions.add(session.user.id, session)
  }

  /** True when it was the user's last session here. */
  remove(session: Session): boolean {
    const { id } = session.user
    return this.#sessions.delete(id, session) && !this.#sessions.has(id)
  }

  /** Nothing that was known by its number counts any more. */
  startOver(): void {
    this.stream.restart()
    this.#membersRev = -1
    this.#removed = undefined
  }

  /** What a snapshot says of the members, unless a newer one or an event has said it already. */
  learnMembers({ members, chat, rev }: JoinData): void {
    if (rev < this.#membersRev) return
    this.#membersRev = rev
    this.#memberCount = chat.memberCount
    this.#members = this.tellsPresence ? members.map(({ userId }) => userId) : []
  }

  memberAdded(rev: number, userId: string, memberCount: number): void {
    this.#membersRev = rev
    this.#memberCount = memberCount
    // A chat that has grown beyond the limit; when it shrinks again, the next snapshot says who is left.
    this.#members = this.tellsPresence ? [...this.#membersBut(userId), userId] : []
    this.#removed?.delete(userId)
  }

  memberRemoved(rev: number, userId: string, memberCount: number): void {
    this.#membersRev = rev
    this.#memberCount = memberCount
    this.#members = this.#membersBut(userId)
    this.#removed ??= new Map()
    this.#removed.delete(userId)
    this.#removed.set(userId, rev)
    const [oldest] = this.#removed.keys()
    if (oldest !== undefined && this.#removed.size > REMOVED_MOST) this.#removed.delete(oldest)
  }

  /** True when the user was removed by an event that a snapshot of `rev` did not know of. */
  wasRemovedAfter(rev: number, userId: string): boolean {
    return (this.#removed?.get(userId) ?? -1) > rev
  }

  #membersBut(userId: string): string[] {
    return this.#members.filter((member) => member !== userId)
  }
}
