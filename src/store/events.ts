import type { Kysely, Selectable, Transaction } from 'kysely'
import type { Schema } from './schema.js'

type EventRow = Selectable<Schema['chat_events']>

export interface NewEvent {
  readonly kind: string
  readonly detail: Record<string, unknown>
}

/** SQL about the events of a chat that are not new messages. */
export function createEventStore(db: Kysely<Schema>) {
  return {
    /** Gives the events the chat's next revs, in their order. The caller holds the lock on the chat's row. */
    async append(
      trx: Transaction<Schema>,
      chatId: string,
      events: readonly NewEvent[],
      at: Date,
    ): Promise<void> {
      if (events.length === 0) return
      const { last_rev } = await trx
        .updateTable('chats')
        .set((eb) => ({ last_rev: eb('last_rev', '+', events.length) }))
        .where('id', '=', chatId)
        .returning('last_rev')
        .executeTakeFirstOrThrow()
      const before = last_rev - events.length
      await trx
        .insertInto('chat_events')
        .values(
          events.map(({ kind, detail }, index) => ({
            chat_id: chatId,
            rev: before + index + 1,
            kind,
            detail: JSON.stringify(detail),
            created_at: at,
          })),
        )
        .execute()
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
