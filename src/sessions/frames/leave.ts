import type { LeaveFrame } from '../../protocol/client-frames.js'
import type { FrameHandler } from './dispatch.js'

export const handleLeave: FrameHandler<LeaveFrame> = async ({ rooms }, session, { chatId }, reply) => {
  await session.inTurn([chatId], async () => {
    rooms.leave(session, chatId)
    reply({})
  })
}
