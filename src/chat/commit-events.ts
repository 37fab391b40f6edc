import { ParleyError } from '../protocol/errors.js'
import type { Chat } from '../protocol/objects.js'
import type { ChatRow } from '../store/chats.js'
import type { NewEvent } from '../store/events.js'
import type { Store } from '../store/store.js'
import type { ChatEvent, Events } from './events.js'
import { toChat } from './views.js'

export type StoreTransaction = Parameters<Parameters<Store['transaction']>[0]>[0]

/** An event that is being committed: its row, and how it is told once it has its number. */
export interface PendingEvent extends NewEvent {
  tell(chat: Chat, rev: number): ChatEvent
}

/** Does the work on the locked chat, whose next events these are: the first takes the rev after the chat's own. */
export type EventWork = (trx: StoreTransaction, chat: ChatRow, at: Date) => Promise<readonly PendingEvent[]>

/** Events of a chat that are not new messages: a transaction under the chat's lock, told after the commit, in order. */
export function createEventCommit({ store, events }: { store: Store; events: Events }) {
  /** @throws ParleyError `not_a_member` for a chat that does not exist, and what the work throws */
  return async (chatId: string, work: EventWork): Promise<Chat> => {
    const { row, firstRev, pending } = await store.transaction(async (trx) => {
      const chat = await store.chats.lock(trx, chatId)
      if (chat === undefined) throw new ParleyError('not_a_member')
      // After the wait for the lock, or times would run against revs.
      const at = new Date()
      const pending = await work(trx, chat, at)
      const row = (await store.events.append(trx, chatId, pending, at)) ?? chat
      return { row, firstRev: chat.last_rev + 1, pending }
    })
    const chat = toChat(row)
    for (const [index, one] of pending.entries()) events.publish(one.tell(chat, firstRev + index))
    return chat
  }
}

export type CommitEvents = ReturnType<typeof createEventCommit>
