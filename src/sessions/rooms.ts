import type { Logger } from 'pino'
import { z } from 'zod'
import { type ChatEvent, decodeChatEvent, type Events } from '../chat/events.js'
import type { Presence } from '../chat/presence.js'
import type { Replay } from '../chat/replay.js'
import { decodeSignal } from '../chat/signals.js'
import type { Bus } from '../ports/bus.js'
import { levelOf } from '../ports/database.js'
import type { Figures } from '../ports/figures.js'
import { encodePush } from '../protocol/codec.js'
import { change } from '../protocol/objects.js'
import type { JoinData } from '../protocol/server-frames.js'
import { ChatStream, type ChatStreamOptions } from './chat-stream.js'
import { MemberIndex } from './member-index.js'
import { Room } from './room.js'
import { createRoomSignals } from './room-signals.js'
import type { Door, Session } from './session.js'
import type { Subscriptions } from './subscriptions.js'

const TYPING_TICK_MS = 250

export interface RoomsOptions {
  readonly nodeId: string
  readonly bus: Bus
  readonly subscriptions: Subscriptions
  readonly replay: Replay
  readonly events: Events
  readonly presence: Presence
  readonly figures: Figures
  readonly logger: Logger
}

const memberChange = z.object({ change, chat: z.object({ memberCount: z.number() }) })

/** The chats in use on this node, and what is delivered to the sessions that have joined them. */
export function createRooms(options: RoomsOptions) {
  const { nodeId, bus, subscriptions, replay, events, presence, figures, logger } = options
  const doors: Door[] = []
  const rooms = new Map<string, Room>()
  const members = new MemberIndex()
  /** Rooms of which nobody knows yet who is behind. */
  let fannedOut = new Set<Room>()
  const signals = createRoomSignals({ nodeId, bus, members })
  const typingTimer = setInterval(signals.endTyping, TYPING_TICK_MS)
  typingTimer.unref()

  events.onCommitted((event) => rooms.get(event.chatId)?.stream.receive(event))
  presence.onTransitions(signals.applyTransitions)

  const streamOptions: ChatStreamOptions = {
    deliver(chatId, event) {
      const room = rooms.get(chatId)
      if (room !== undefined) deliver(room, event)
    },
    read: replay.eventsAfter,
    onFilled(source) {
      figures.holes[source] += 1
    },
    onError: (chatId, error) => logger[levelOf(error)]({ chatId, error }, 'a hole could not be repaired yet'),
  }

  function open(chatId: string): Room {
    const room = new Room(chatId, new ChatStream(chatId, streamOptions))
    rooms.set(chatId, room)
    return room
  }

  function release(room: Room): void {
    subscriptions.release(room.topic)
    room.uses -= 1
    if (room.uses > 0) return
    room.stream.close()
    members.delete(room)
    signals.forget(room)
    rooms.delete(room.chatId)
  }

  function publish(room: Room, frame: string | Buffer): void {
    figures.deliveries.total += room.listening
    if (room.publish(frame, doors)) fannedOut.add(room)
  }

  function deliver(room: Room, event: ChatEvent): void {
    if (event.changesMembers) applyMemberChange(room, event)
    publish(room, event.frame)
  }

  /** In the order of the events, before the event itself is delivered: one who was removed does not get it. */
  function applyMemberChange(room: Room, event: ChatEvent): void {
    const parsed = memberChange.safeParse(JSON.parse(event.frame.toString()))
    if (!parsed.success) {
      logger.error({ chatId: room.chatId, rev: event.rev }, 'a change of members is not understood')
      return
    }
    const { change, chat } = parsed.data
    if (change.type === 'member_added') room.memberAdded(event.rev, change.userId, chat.memberCount)
    if (change.type === 'member_removed') room.memberRemoved(event.rev, change.userId, chat.memberCount)
    members.set(room, room.members)
    // Last: the room may be closed with the last of them.
    if (change.type === 'member_removed')
      for (const session of room.sessionsOf(change.userId)) {
        // The signal on the user's own channel may be lost; the event of the chat cannot.
        session.send(encodePush('removed', { chatId: room.chatId }))
        session.toldOfRemoval(room.chatId)
        leave(session, room.chatId)
      }
  }

  /** Without effect for a session that has not joined. */
  function leave(session: Session, chatId: string): void {
    const room = rooms.get(chatId)
    if (!session.joined.delete(chatId) || room === undefined) return
    room.unlisten(session)
    if (room.remove(session)) signals.left(room, session.user.id)
    release(room)
  }

  return {
    addDoor(door: Door): void {
      doors.push(door)
    },

    /**
     * The room of a chat, for a join: the bus subscription comes first, so that whatever is committed after the
     * snapshot is heard of. A bus that is away does not hold it up. `release` it, whatever comes of the join.
     */
    async use(chatId: string): Promise<{ room: Room; release: () => void }> {
      const room = rooms.get(chatId) ?? open(chatId)
      room.uses += 1
      const forgetTail = room.stream.keepTail()
      await subscriptions.acquire(room.topic)
      return {
        room,
        release: () => {
          forgetTail()
          release(room)
        },
      }
    },

    /** What a snapshot says of the members; before its stream starts, so that events count on top of it. */
    learnMembers(room: Room, snapshot: JoinData): void {
      room.learnMembers(snapshot)
      members.set(room, room.members)
    },

    /** A session that has joined is sent no events until it has joined again. Without effect for another. */
    pause(session: Session, room: Room): void {
      if (session.joined.has(room.chatId)) room.unlisten(session)
    },

    /**
     * The one synchronous step of a join: from here on the session is sent each event after its snapshot, first
     * those that the node has delivered meanwhile. The stream stands at the snapshot's `rev` or beyond. The others
     * are told of a user who is new here, but for one who resumes.
     */
    enter(room: Room, session: Session, missed: readonly ChatEvent[], { told }: { told: boolean }): void {
      // The reply itself may have ended it, when it was one too many for a slow reader.
      if (!session.isOpen) return
      if (!session.joined.has(room.chatId)) {
        void subscriptions.acquire(room.topic)
        room.uses += 1
        session.joined.add(room.chatId)
      }
      const isFirst = room.add(session)
      for (const event of missed) session.send(event.frame)
      if (!session.isOpen) return
      room.listen(session)
      if (isFirst) signals.entered(room, session.user, { told })
    },

    leave,

    /** False when the room tells it of its removal, or has just done so. */
    isUntoldOfRemoval(session: Session, chatId: string): boolean {
      return !session.joined.has(chatId) && !session.wasToldOfRemoval(chatId)
    },

    /** The session has ended. */
    leaveAll(session: Session): void {
      for (const chatId of session.joined) leave(session, chatId)
    },

    isTyping(chatId: string, userId: string): boolean {
      const room = rooms.get(chatId)
      return room !== undefined && signals.isTyping(room, userId)
    },

    /** What came over the bus on a chat's channel. */
    receive(chatId: string, payload: Buffer): void {
      const room = rooms.get(chatId)
      if (room === undefined) return
      const event = decodeChatEvent(chatId, payload)
      if (event !== undefined) {
        room.stream.receive(event)
        return
      }
      const signal = decodeSignal(payload)
      if (signal !== undefined) signals.receive(room, signal)
    },

    /** The rooms that a door has fanned out events to since the last time. */
    takeFannedOut(): Iterable<Room> {
      const taken = fannedOut
      fannedOut = new Set()
      return taken
    },

    /** Where the streams of the rooms in use stand. */
    positions(): Map<string, number> {
      const positions = new Map<string, number>()
      for (const [chatId, { stream }] of rooms)
        if (stream.position !== undefined) positions.set(chatId, stream.position)
      return positions
    },

    /** Postgres stands at `rev`: reads what this node's stream has missed. */
    async catchUp(chatId: string, rev: number): Promise<void> {
      if (await rooms.get(chatId)?.stream.catchUp(rev)) figures.holes.sweep += 1
    },

    /** The numbers of all chats may have gone back: whoever has joined one connects again, and resumes. */
    startOver(): void {
      for (const room of rooms.values()) {
        room.startOver()
        for (const session of room.sessions()) session.close('goingAway')
      }
    },

    close(): void {
      clearInterval(typingTimer)
      for (const room of rooms.values()) room.stream.close()
    },
  }
}

export type Rooms = ReturnType<typeof createRooms>
