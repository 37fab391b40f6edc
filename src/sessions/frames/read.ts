import type { ReadFrame } from '../../protocol/client-frames.js'
import type { FrameHandler } from './dispatch.js'

export const handleRead: FrameHandler<ReadFrame> = async ({ marks }, session, frame, reply) => {
  reply(await marks.read(session.user, frame.chatId, frame.seq))
}
