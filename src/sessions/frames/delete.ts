import type { DeleteFrame } from '../../protocol/client-frames.js'
import type { FrameHandler } from './dispatch.js'

/** Membership is enough, no join is needed. */
export const handleDelete: FrameHandler<DeleteFrame> = async ({ edits }, { user }, frame, reply) => {
  reply(await edits.delete({ user, isService: false }, frame.chatId, frame.seq))
}
