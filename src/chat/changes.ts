import type { Change, Chat } from '../protocol/objects.js'
import type { ChatRow } from '../store/chats.js'
import type { CommitEvents, StoreTransaction } from './commit-events.js'
import { changeEvent } from './events.js'

/** Does the work on the locked chat and says what it has changed: each becomes an event. */
export type ChangeWork = (trx: StoreTransaction, chat: ChatRow, at: Date) => Promise<readonly Change[]>

/** Changes of a chat itself, and of who belongs to it. */
export function createChanges(commitEvents: CommitEvents) {
  /** @throws ParleyError `not_a_member` for a chat that does not exist, and what the work throws */
  return async (chatId: string, work: ChangeWork): Promise<{ chat: Chat; changes: readonly Change[] }> => {
    let changes: readonly Change[] = []
    const chat = await commitEvents(chatId, async (trx, row, at) => {
      changes = await work(trx, row, at)
      return changes.map((change) => {
        const { type: kind, ...detail } = change
        return { kind, seq: null, detail, tell: (chat, rev) => changeEvent(chat, rev, change) }
      })
    })
    return { chat, changes }
  }
}

export type ChangeChat = ReturnType<typeof createChanges>
