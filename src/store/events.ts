import type { Kysely, Selectable, Transaction } from 'kysely'
import type { Schema } from './schema.js'

export type EventRow = Selectable<Schema['chat_events']>

/** SQL about the events of a chat that are not new messages. */
export function createEventStore(db: Kysely<Schema>) {
  return {
    /** Gives the event the chat's next rev. The caller holds the lock on the chat's row. */
    async append(
      trx: Transaction<Schema>,
      event: { chatId: string; kind: string; detail: Record<string, unknown>; at: Date },
    ): Promise<number> {
      const { last_rev } = await trx
        .updateTable('chats')
        .set((eb) => ({ last_rev: eb('last_rev', '+', 1) }))
        .where('id', '=', event.chatId)
        .returning('last_rev')
        .executeTakeFirstOrThrow()
      await trx
        .insertInto('chat_events')
        .values({
          chat_id: event.chatId,
          rev: last_rev,
          kind: event.kind,
          detail: JSON.stringify(event.detail),
          created_at: event.at,
        })
        .execute()
      return last_rev
    },

    /** The events after `afterRev` and up to `rev`, in order. */
    async between(chatId: string, afterRev: number, rev: number): Promise<EventRow[]> {
      return await db
        .selectFrom('chat_events')
        .selectAll()
        .where('chat_id', '=', chatId)
        .where('rev', '>', afterRev)
        .where('rev', '<=', rev)
        .orderBy('rev')
        .execute()
    },
  }
}
