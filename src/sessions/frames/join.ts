import type { ChatEvent } from '../../chat/events.js'
import type { JoinFrame } from '../../protocol/client-frames.js'
import { ParleyError } from '../../protocol/errors.js'
import { CHATS_PER_SESSION } from '../../protocol/limits.js'
import type { JoinData } from '../../protocol/server-frames.js'
import type { Room } from '../room.js'
import type { Session } from '../session.js'
import type { FrameContext, FrameHandler } from './dispatch.js'

/** Snapshots that may turn out too old to join by, one after the other, before the client is asked to try later. */
const ATTEMPTS = 5

/**
 * Joins without a race: the bus is listened to before the snapshot is read, and the reply, the events since the
 * snapshot and the subscription are one synchronous step. So the session is sent every event after `rev` once.
 */
export const handleJoin: FrameHandler<JoinFrame> = async (context, session, frame, reply) => {
  const { chatId } = frame
  await session.oneAfterAnother(chatId, async () => {
    const { rooms } = context
    const { room, release } = await rooms.use(chatId)
    // Joining again is a new beginning: no event is pushed between here and the reply.
    rooms.pause(session, room)
    let entered = false
    try {
      entered = await enter(context, session, room, frame, reply)
    } finally {
      if (!entered) rooms.leave(session, chatId)
      release()
    }
  })
}

/** False when the session does not come in: its snapshot was not complete, or it has ended. */
async function enter(
  { snapshots, rooms }: FrameContext,
  session: Session,
  room: Room,
  { chatId, afterRev, epoch }: JoinFrame,
  reply: (data: object) => void,
): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const snapshot = await snapshots.read(session.user, chatId, { afterRev, epoch })
    if (!session.isOpen) return false
    if (!snapshot.complete) {
      reply(snapshot)
      return false
    }
    rooms.learnMembers(room, snapshot)
    room.stream.start(snapshot.rev)
    // The others are told first what this session already has: everybody once, in order.
    await room.stream.catchUp(snapshot.rev)
    if (!session.isOpen) return false

    const missed = eventsSince(room, snapshot)
    if (missed === undefined) continue
    if (room.wasRemovedAfter(snapshot.rev, session.user.id)) throw new ParleyError('not_a_member')
    if (!session.joined.has(chatId) && session.joined.size >= CHATS_PER_SESSION)
      throw new ParleyError('conflict', `A session joins at most ${CHATS_PER_SESSION} chats.`)
    reply(snapshot)
    rooms.enter(room, session, missed)
    return true
  }
  throw new ParleyError('overloaded', 'The chat moves too fast to join it now.')
}

/** Undefined when the node has delivered more since than it has kept, or stands behind the snapshot after all. */
function eventsSince({ stream }: Room, { rev }: JoinData): ChatEvent[] | undefined {
  if (stream.position === undefined || stream.position < rev) return undefined
  return stream.tailAfter(rev)
}
