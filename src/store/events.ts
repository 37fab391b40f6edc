import type { Kysely, Selectable, Transaction } from 'kysely'
import type { ChatRow } from './chats.js'
import type { Schema } from './schema.js'

export type EventRow = Selectable<Schema['chat_events']>

export interface NewEvent {
  readonly kind: string
  /** The message that it is about; null for one that is about the chat. */
  readonly seq: number | null
  readonly detail: Record<string, unknown>
}

/** SQL about the events of a chat that are not new messages. */
export function createEventStore(db: Kysely<Schema>) {
  return {
    /**
     * Gives the events the chat's next revs, in their order. The caller holds the lock on the
     * chat's row, and gets it as it is now; undefined when there are no events.
     */
    async append(
      trx: Transaction<Schema>,
      chatId: string,
      events: readonly NewEvent[],
      at: Date,
    ): Promise<ChatRow | undefined> {
      if (events.length === 0) return undefined
      const chat = await trx
        .updateTable('chats')
        .set((eb) => ({ last_rev: eb('last_rev', '+', events.length) }))
        .where('id', '=', chatId)
        .returningAll()
        .executeTakeFirstOrThrow()
      const before = chat.last_rev - events.length
      await trx
        .insertInto('chat_events')
        .values(
          events.map(({ kind, seq, detail }, index) => ({
            chat_id: chatId,
            rev: before + index + 1,
            kind,
            seq,
            detail: JSON.stringify(detail),
            created_at: at,
          })),
        )
        .execute()
      return chat
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
