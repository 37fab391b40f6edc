import { publishSignal } from '../../chat/signals.js'
import type { TypingFrame } from '../../protocol/client-frames.js'
import type { FrameHandler } from './dispatch.js'

/** Told to the other users of the chat; never answered, unless it is refused. */
export const handleTyping: FrameHandler<TypingFrame> = async ({ chats, bus }, session, frame) => {
  const { chatId, active } = frame
  // A joined session is a member: it would have been taken out otherwise.
  if (!session.joined.has(chatId)) await chats.getOwn(session.user, chatId)
  publishSignal(bus, chatId, { type: 'typing', userId: session.user.id, active })
}
