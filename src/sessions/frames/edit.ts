import type { EditFrame } from '../../protocol/client-frames.js'
import type { FrameHandler } from './dispatch.js'

/** Membership is enough, no join is needed. */
export const handleEdit: FrameHandler<EditFrame> = async ({ edits }, { user }, frame, reply) => {
  reply(await edits.edit({ user, isService: false }, frame.chatId, frame.seq, frame.content))
}
