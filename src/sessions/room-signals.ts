import type { Transitions } from '../chat/presence.js'
import { publishSignal, type Signal } from '../chat/signals.js'
import type { Bus } from '../ports/bus.js'
import { encodePush } from '../protocol/codec.js'
import { TYPING_MS } from '../protocol/limits.js'
import type { User } from '../protocol/objects.js'
import type { Push, PushType } from '../protocol/server-frames.js'
import type { MemberIndex } from './member-index.js'
import type { Room } from './room.js'

export interface RoomSignalsOptions {
  readonly nodeId: string
  readonly bus: Bus
  readonly members: MemberIndex
}

/** The pushes of a room that are not events: typing, read marks, who comes and goes. Any of them may be lost. */
export function createRoomSignals({ nodeId, bus, members }: RoomSignalsOptions) {
  /** Users who are typing, by the time it ends by itself. */
  const typing = new Map<Room, Map<string, number>>()

  function pushToOthers<T extends PushType>(room: Room, userId: string, type: T, push: Push<T>): void {
    const frame = encodePush(type, push)
    for (const session of room.sessions()) if (session.user.id !== userId) session.sendEphemeral(frame)
  }

  function applyTyping(room: Room, userId: string, active: boolean): void {
    const users = typing.get(room) ?? new Map<string, number>()
    if (!active && !users.delete(userId)) return
    if (active) typing.set(room, users.set(userId, Date.now() + TYPING_MS))
    else if (users.size === 0) typing.delete(room)
    pushToOthers(room, userId, 'typing', { chatId: room.chatId, userId, active })
  }

  function tellJoined(room: Room, { id: userId, fullName }: User): void {
    const isJoined = room.roster.has(userId)
    if (!isJoined) pushToOthers(room, userId, 'user_joined', { chatId: room.chatId, userId, fullName })
  }

  function tellLeft(room: Room, userId: string): void {
    const isJoined = room.hasUser(userId) || room.roster.has(userId)
    if (!isJoined) pushToOthers(room, userId, 'user_left', { chatId: room.chatId, userId })
  }

  /** Another node says who has joined there. */
  function applyRoster(room: Room, signal: Exclude<Signal, { type: 'typing' | 'read' }>): void {
    const { roster, chatId } = room
    switch (signal.type) {
      case 'joined':
        if (!signal.isQuiet && !room.hasUser(signal.userId))
          tellJoined(room, { id: signal.userId, fullName: signal.fullName })
        if (roster.isNew(signal.nodeId) && room.users.length > 0)
          publishSignal(bus, chatId, { type: 'here', nodeId, userIds: room.users })
        roster.add(signal.nodeId, signal.userId)
        return
      case 'here':
        for (const userId of signal.userIds) roster.add(signal.nodeId, userId)
        return
      case 'left':
        if (roster.remove(signal.nodeId, signal.userId)) tellLeft(room, signal.userId)
    }
  }

  function tellPresence(userId: string, online: boolean, lastSeen: string | null): void {
    for (const room of members.roomsOf(userId))
      if (room.tellsPresence)
        pushToOthers(room, userId, 'presence', { chatId: room.chatId, userId, online, lastSeen })
  }

  function isTyping(room: Room, userId: string): boolean {
    return typing.get(room)?.has(userId) ?? false
  }

  return {
    isTyping,

    /** What a node, this one too, has said on the chat's channel. */
    receive(room: Room, signal: Signal): void {
      const { chatId } = room
      if (signal.type === 'typing') applyTyping(room, signal.userId, signal.active)
      else if (signal.type === 'read') {
        const frame = encodePush('read', { chatId, userId: signal.userId, seq: signal.seq })
        for (const session of room.sessions()) session.sendEphemeral(frame)
      } else if (signal.nodeId !== nodeId && room.tellsPresence) applyRoster(room, signal)
    },

    /** A user's first session on this node has joined; it receives pushes itself already. */
    entered(room: Room, user: User, { told }: { told: boolean }): void {
      if (!room.tellsPresence) return
      const { id: userId, fullName } = user
      if (told) tellJoined(room, user)
      publishSignal(bus, room.chatId, { type: 'joined', nodeId, userId, fullName, isQuiet: !told })
    },

    /** A user's last session on this node has left. */
    left(room: Room, userId: string): void {
      if (isTyping(room, userId)) publishSignal(bus, room.chatId, { type: 'typing', userId, active: false })
      if (!room.tellsPresence) return
      publishSignal(bus, room.chatId, { type: 'left', nodeId, userId })
      tellLeft(room, userId)
    },

    applyTransitions({ online, offline }: Transitions): void {
      for (const userId of online) tellPresence(userId, true, null)
      for (const { userId, lastSeen } of offline) {
        // Of a node that died nobody says who has left.
        for (const room of members.roomsOf(userId)) if (room.roster.forget(userId)) tellLeft(room, userId)
        tellPresence(userId, false, lastSeen)
      }
    },

    /** Every node ends it for its own sessions: the node of the one who typed may have died. */
    endTyping(now = Date.now()): void {
      for (const [room, users] of typing)
        for (const [userId, until] of users) if (until <= now) applyTyping(room, userId, false)
    },

    /** The room is closed. */
    forget(room: Room): void {
      typing.delete(room)
    },
  }
}
