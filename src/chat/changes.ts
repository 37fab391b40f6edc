import { ParleyError } from '../protocol/errors.js'
import type { Change, Chat } from '../protocol/objects.js'
import type { ChatRow } from '../store/chats.js'
import type { Store } from '../store/store.js'
import { changeEvent, type Events } from './events.js'
import { toChat } from './views.js'

type StoreTransaction = Parameters<Parameters<Store['transaction']>[0]>[0]

/** Does the work on the locked chat and says what it has changed: each becomes an event. */
export type ChangeWork = (trx: StoreTransaction, chat: ChatRow, at: Date) => Promise<readonly Change[]>

/** Changes of a chat that are not messages: a transaction under the chat's lock, told after the commit, in order. */
export function createChanges({ store, events }: { store: Store; events: Events }) {
  /** @throws ParleyError `not_a_member` for a chat that does not exist, and what the work throws */
  return async (chatId: string, work: ChangeWork): Promise<{ chat: Chat; changes: readonly Change[] }> => {
    const at = new Date()
    const { row, firstRev, changes } = await store.transaction(async (trx) => {
      const chat = await store.chats.lock(trx, chatId)
      if (chat === undefined) throw new ParleyError('not_a_member')
      const changes = await work(trx, chat, at)
      const rows = changes.map(({ type, ...detail }) => ({ kind: type, detail }))
      const row = (await store.events.append(trx, chatId, rows, at)) ?? chat
      return { row, firstRev: chat.last_rev + 1, changes }
    })
    const chat = toChat(row)
    for (const [index, one] of changes.entries()) events.publish(changeEvent(chat, firstRev + index, one))
    return { chat, changes }
  }
}

export type ChangeChat = ReturnType<typeof createChanges>
