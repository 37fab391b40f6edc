import type { Logger } from 'pino'
import type { Chats } from '../../chat/chats.js'
import type { Edits } from '../../chat/edits.js'
import type { Marks } from '../../chat/marks.js'
import type { Messages } from '../../chat/messages.js'
import type { Snapshots } from '../../chat/snapshots.js'
import type { TokenVerifier } from '../../chat/tokens.js'
import type { Users } from '../../chat/users.js'
import type { Bus } from '../../ports/bus.js'
import type { Figures } from '../../ports/figures.js'
import type { ClientFrame } from '../../protocol/client-frames.js'
import type { CloseReason } from '../../protocol/close-codes.js'
import type { Decoded } from '../../protocol/codec.js'
import { ParleyError, toParleyError } from '../../protocol/errors.js'
import { FRAMES_IN_FLIGHT } from '../../protocol/limits.js'
import type { Rates } from '../rates.js'
import type { Rooms } from '../rooms.js'
import type { Session } from '../session.js'
import { handleAuth } from './auth.js'
import { handleDelete } from './delete.js'
import { handleEdit } from './edit.js'
import { handleJoin } from './join.js'
import { handleLeave } from './leave.js'
import { handlePing } from './ping.js'
import { handleRead } from './read.js'
import { handleResume } from './resume.js'
import { handleSend } from './send.js'
import { handleTyping } from './typing.js'

/** What the handlers of frames work with. */
export interface FrameContext {
  readonly bus: Bus
  readonly rooms: Rooms
  readonly rates: Rates
  readonly chats: Chats
  readonly marks: Marks
  readonly messages: Messages
  readonly edits: Edits
  readonly snapshots: Snapshots
  readonly users: Users
  readonly verifyToken: TokenVerifier
  readonly figures: Figures
  readonly logger: Logger
}

/** Answers one frame, in the form of the door it came through. Without effect when the session has ended. */
export interface Respond {
  reply(data: object): void
  error(error: ParleyError): void
}

/** One for each client frame, in a file of its own. It replies itself, synchronously with what it must precede. */
export type FrameHandler<Frame> = (
  context: FrameContext,
  session: Session,
  frame: Frame,
  reply: (data: object) => void,
) => void | Promise<void>

/** What each frame takes a token of; the others are as good as free. */
const RATE_OF: Partial<Record<ClientFrame['type'], keyof Rates>> = {
  send: 'messages',
  edit: 'messages',
  delete: 'messages',
  join: 'joins',
  resume: 'joins',
  typing: 'typing',
}

/** Handles what a door has decoded. Never throws: what goes wrong is answered, and closes when its code says so. */
export async function dispatch(
  context: FrameContext,
  session: Session,
  decoded: Decoded,
  respond: Respond,
): Promise<void> {
  session.busy += 1
  try {
    if (!decoded.ok) throw decoded.error
    if (session.busy > FRAMES_IN_FLIGHT)
      throw new ParleyError('rate_limited', `At most ${FRAMES_IN_FLIGHT} frames may be under way.`)
    const rate = RATE_OF[decoded.frame.type]
    if (rate !== undefined) context.rates[rate].take(session.user.id)
    await handle(context, session, decoded.frame, respond.reply)
  } catch (error) {
    const refusal = toParleyError(error)
    if (refusal.code === 'internal') context.logger.error({ error, sessionId: session.id }, 'a frame failed')
    if (!session.isOpen) return
    respond.error(refusal)
    const reason = closeReason(session, decoded, refusal)
    if (reason !== undefined) session.close(reason)
  } finally {
    session.busy -= 1
  }
}

function handle(
  context: FrameContext,
  session: Session,
  frame: ClientFrame,
  reply: (data: object) => void,
): void | Promise<void> {
  switch (frame.type) {
    case 'join':
      return handleJoin(context, session, frame, reply)
    case 'resume':
      return handleResume(context, session, frame, reply)
    case 'leave':
      return handleLeave(context, session, frame, reply)
    case 'send':
      return handleSend(context, session, frame, reply)
    case 'edit':
      return handleEdit(context, session, frame, reply)
    case 'delete':
      return handleDelete(context, session, frame, reply)
    case 'read':
      return handleRead(context, session, frame, reply)
    case 'typing':
      return handleTyping(context, session, frame, reply)
    case 'auth':
      return handleAuth(context, session, frame, reply)
    case 'ping':
      return handlePing(context, session, frame, reply)
  }
}

/** Only a join by a non-member, as in the seed, and too many bad frames end a session. */
function closeReason(session: Session, decoded: Decoded, error: ParleyError): CloseReason | undefined {
  if (!decoded.ok && error.code === 'bad_request' && session.countBadFrame()) return 'badFrames'
  const isRefusedJoin = decoded.ok && decoded.frame.type === 'join' && error.code === 'not_a_member'
  return isRefusedJoin ? 'notAMember' : undefined
}
