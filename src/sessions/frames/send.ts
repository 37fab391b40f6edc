import { publishSignal } from '../../chat/signals.js'
import type { SendFrame } from '../../protocol/client-frames.js'
import type { FrameHandler } from './dispatch.js'

/** Membership is enough, no join is needed. Replies after the commit. */
export const handleSend: FrameHandler<SendFrame> = async (
  { messages, rooms, bus },
  session,
  frame,
  reply,
) => {
  const sent = await messages.send(session.user, frame, { anywhere: false })
  reply(sent)
  const { chatId } = frame
  const userId = session.user.id
  if (rooms.isTyping(chatId, userId)) publishSignal(bus, chatId, { type: 'typing', userId, active: false })
}
