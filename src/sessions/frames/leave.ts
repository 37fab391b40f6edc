import type { LeaveFrame } from '../../protocol/client-frames.js'
import type { FrameHandler } from './dispatch.js'
import { oneAfterAnother } from './join.js'

export const handleLeave: FrameHandler<LeaveFrame> = async ({ rooms }, session, { chatId }, reply) => {
  await oneAfterAnother(session, chatId, async () => {
    rooms.leave(session, chatId)
    reply({})
  })
}
