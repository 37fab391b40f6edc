import type { ClientFrame } from '../protocol/client-frames.js'

/**
 * The seed's client says something right behind its join, and hears it by the push alone: one that was committed while the
 * join was still reading would be in the join's answer, which that client does not look at. So here, and not on the raw
 * door, what is said in a chat waits for the socket's own join of it.
 */
export function createBehindJoins() {
  /** Under way, by chat. */
  const joins = new Map<string, Promise<void>>()

  return async (frame: ClientFrame, handle: () => Promise<void>): Promise<void> => {
    if (frame.type === 'send') await joins.get(frame.chatId)
    if (frame.type !== 'join') return await handle()
    const { chatId } = frame
    const joining = handle().finally(() => {
      if (joins.get(chatId) === joining) joins.delete(chatId)
    })
    joins.set(chatId, joining)
    await joining
  }
}
