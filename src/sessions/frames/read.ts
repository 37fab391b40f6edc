import type { ReadFrame } from '../../protocol/client-frames.js'
import type { FrameHandler } from './dispatch.js'

export const handleRead: FrameHandler<ReadFrame> = async ({ chats }, session, frame, reply) => {
  reply(await chats.markRead(session.user, frame.chatId, frame.seq))
}
