import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { ChatRow } from './chats.js'
import { type EventWindow, type InWindow, windowTable } from './event-window.js'
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

    /** The events of each window, in order. */
    async between(windows: readonly EventWindow[]): Promise<InWindow<EventRow>[]> {
      if (windows.length === 0) return []
      const { rows } = await sql<InWindow<EventRow>>`
        select w.item::integer as item, e.*
        from ${windowTable(windows)}
        cross join lateral (
          select * from chat_events
          where chat_id = w.chat_id and rev > w.after_rev and rev <= w.rev
          order by rev
          limit (w.rev - w.after_rev)
        ) e
        order by w.item, e.rev`.execute(db)
      return rows
    },
  }
}
