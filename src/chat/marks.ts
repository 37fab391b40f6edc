import type { Bus } from '../ports/bus.js'
import { ParleyError } from '../protocol/errors.js'
import type { Mine, ReadMark, User } from '../protocol/objects.js'
import type { Store } from '../store/store.js'
import type { Chats } from './chats.js'
import { publishSignal } from './signals.js'

/** A member's own view of a chat: how far it is read, and whether it is put away. */
export function createMarks({ store, bus, chats }: { store: Store; bus: Bus; chats: Chats }) {
  async function setArchived(user: User, chatId: string, at: Date | null, sticky: boolean): Promise<Mine> {
    if (!(await store.members.archive(chatId, user.id, at, sticky))) throw new ParleyError('not_a_member')
    return (await chats.getOwn(user, chatId)).mine
  }

  return {
    /** Moves the mark up, never down. @throws ParleyError `not_a_member`, `bad_request` above the chat's end */
    async read(user: User, chatId: string, seq: number): Promise<ReadMark> {
      const moved = await store.members.markRead(chatId, user.id, seq)
      if (moved !== undefined) {
        publishSignal(bus, chatId, { type: 'read', userId: user.id, seq })
        return { lastReadSeq: moved.lastReadSeq, unread: moved.lastSeq - moved.lastReadSeq }
      }
      const { chat, mine } = await chats.getOwn(user, chatId)
      if (seq > chat.lastSeq) throw new ParleyError('bad_request', `seq: the chat ends at ${chat.lastSeq}`)
      return { lastReadSeq: mine.lastReadSeq, unread: mine.unread }
    },

    /** Puts the chat out of the user's own list, until a new message comes or, when `sticky`, for good. */
    async archive(user: User, chatId: string, sticky: boolean): Promise<Mine> {
      return await setArchived(user, chatId, new Date(), sticky)
    },

    async unarchive(user: User, chatId: string): Promise<Mine> {
      return await setArchived(user, chatId, null, false)
    },
  }
}

export type Marks = ReturnType<typeof createMarks>
