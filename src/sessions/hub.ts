import { userChannel } from '../chat/channels.js'
import type { InboxPush } from '../chat/inbox.js'
import type { Presence } from '../chat/presence.js'
import type { Figures } from '../ports/figures.js'
import { CLOSE_CODES, type CloseReason } from '../protocol/close-codes.js'
import { encodePush } from '../protocol/codec.js'
import { CHATS_PER_SESSION, CONTENT_BYTES, FRAME_BYTES, HEARTBEAT_MS } from '../protocol/limits.js'
import type { User } from '../protocol/objects.js'
import type { AttachmentLimits } from '../protocol/server-frames.js'
import { Multimap } from './multimap.js'
import type { Rooms } from './rooms.js'
import { type Lifetime, type Readers, Session, type Transport } from './session.js'
import type { SessionCap } from './session-cap.js'
import type { Subscriptions } from './subscriptions.js'

/** The sessions of this node, by user: where they begin and end, and how a user's own channel reaches them. */
export function createHub(options: {
  readonly rooms: Rooms
  readonly presence: Presence
  readonly subscriptions: Subscriptions
  readonly readers: Readers
  readonly cap: SessionCap
  readonly attachmentLimits: AttachmentLimits
  readonly figures: Figures
}) {
  const { rooms, presence, subscriptions, readers, cap, attachmentLimits, figures } = options
  const users = new Multimap<Session>()

  return {
    /** A user has connected and is who it says it is: the session begins with `hello`. */
    begin(user: User, transport: Transport, lifetime: Lifetime): Session {
      const session = new Session(user, transport, readers, lifetime)
      users.add(user.id, session)
      figures.sessions[session.door] += 1
      void subscriptions.acquire(userChannel(user.id))
      presence.arrive(user.id)
      void cap.begun(session)
      session.send(
        encodePush('hello', {
          sessionId: session.id,
          user,
          serverTime: new Date().toISOString(),
          heartbeatMs: HEARTBEAT_MS,
          limits: {
            frameBytes: FRAME_BYTES,
            contentBytes: CONTENT_BYTES,
            chatsPerSession: CHATS_PER_SESSION,
            ...attachmentLimits,
          },
        }),
      )
      return session
    },

    /** The session's connection has ended, for whatever reason. */
    end(session: Session): void {
      if (!users.delete(session.user.id, session)) return
      session.end()
      const { door, closedFor } = session
      figures.sessions[door] -= 1
      figures.closes[door][closedFor === undefined ? 'none' : CLOSE_CODES[closedFor].code] += 1
      rooms.leaveAll(session)
      subscriptions.release(userChannel(session.user.id))
      presence.depart(session.user.id)
      cap.ended(session)
    },

    /** All of this node. */
    sessions(): Iterable<Session> {
      return users.values()
    },

    /** The user's on this node. */
    sessionsOf(userId: string): Iterable<Session> {
      return users.of(userId)
    },

    /** Of a removal a session that has joined the chat is told by the room, in the order of its events. */
    sendTo(userId: string, { frame, removedFrom }: InboxPush): void {
      for (const session of this.sessionsOf(userId))
        if (removedFrom === undefined || rooms.isUntoldOfRemoval(session, removedFrom)) session.send(frame)
    },

    /** The user's sessions speak under this name from now on. */
    rename({ id, fullName }: User): void {
      for (const session of this.sessionsOf(id)) session.rename(fullName)
    },

    closeAll(reason: CloseReason): void {
      for (const session of this.sessions()) session.close(reason)
    },
  }
}

export type Hub = ReturnType<typeof createHub>
