import { type Kysely, type Selectable, sql } from 'kysely'
import type { Attachment } from '../protocol/objects.js'
import type { Schema } from './schema.js'

export interface MessageRow extends Selectable<Schema['messages']> {
  /** The sender's current name; null for one who was never named. */
  readonly full_name: string | null
}

export interface NewMessage {
  readonly id: string
  readonly chatId: string
  readonly senderId: string
  readonly clientId: string | null
  readonly kind: 'user' | 'system'
  readonly content: string
  readonly metadata: Record<string, unknown> | null
  /** Ids (UUIDs) of the attachments that it names. */
  readonly attachments: readonly string[]
  /** True for the marketplace's backend, which writes in every chat. */
  readonly anywhere: boolean
}

/** What became of one message of a flush; `item` counts from 1 in the order given. */
export type CommitRow = CommittedRow | RefusedRow<Refusal>

export type Refusal = 'not_a_member' | 'chat_closed' | 'attachment_not_found' | 'attachment_not_usable'

/** A duplicate has the values of the first one. */
export interface CommittedRow {
  readonly item: number
  readonly outcome: 'committed' | 'duplicate'
  readonly id: string
  readonly seq: number
  readonly rev: number
  readonly created_at: Date
  /** As the message shows them; null for none, and for a duplicate. */
  readonly attachments: Attachment[] | null
}

interface RefusedRow<Outcome extends string> {
  readonly item: number
  readonly outcome: Outcome
}

/** SQL about messages: the flush, and every way to read them again. */
export function createMessageStore(db: Kysely<Schema>) {
  return {
    /** One round trip, one transaction; see db/migrations/0004_commit_attachments.sql. */
    async commit(batch: readonly NewMessage[]): Promise<CommitRow[]> {
      const named = batch.flatMap(({ attachments }, index) =>
        attachments.map((id) => ({ item: index + 1, id })),
      )
      const { rows } = await sql<CommitRow>`select * from commit_messages(
        ${batch.map((message) => message.chatId)},
        ${batch.map((message) => message.senderId)},
        ${batch.map((message) => message.id)},
        ${batch.map((message) => message.clientId)},
        ${batch.map((message) => message.content)},
        ${batch.map((message) => message.kind)},
        ${batch.map((message) => (message.metadata === null ? null : JSON.stringify(message.metadata)))},
        ${batch.map((message) => message.anywhere)},
        ${named.map(({ item }) => item)},
        ${named.map(({ id }) => id)}
      )`.execute(db)
      return rows
    },

    /** The messages from `first` to `last`, both included, newest first: a range of the primary key. */
    async range(chatId: string, first: number, last: number): Promise<MessageRow[]> {
      if (last < first) return []
      return await messages(db)
        .where('m.chat_id', '=', chatId)
        .where('m.seq', '>=', first)
        .where('m.seq', '<=', last)
        .orderBy('m.seq', 'desc')
        .execute()
    },

    /** What was new or changed after `afterRev` and up to `rev`, each once, in the order of the last change. */
    async changedBetween(
      chatId: string,
      afterRev: number,
      rev: number,
      limit: number,
    ): Promise<MessageRow[]> {
      return await messages(db)
        .where('m.chat_id', '=', chatId)
        .where('m.changed_rev', '>', afterRev)
        .where('m.changed_rev', '<=', rev)
        .orderBy('m.changed_rev')
        .limit(limit)
        .execute()
    },

    /** The messages that came with the events after `afterRev` and up to `rev`, in that order. */
    async createdBetween(chatId: string, afterRev: number, rev: number): Promise<MessageRow[]> {
      return await messages(db)
        .where('m.chat_id', '=', chatId)
        // Changed no earlier than created: this condition is the one with an index.
        .where('m.changed_rev', '>', afterRev)
        .where('m.rev', '>', afterRev)
        .where('m.rev', '<=', rev)
        .orderBy('m.rev')
        .execute()
    },

    /** What a member has said with this client id; undefined when it was nothing, or by no member any more. */
    async findByClientId(
      chatId: string,
      senderId: string,
      clientId: string,
    ): Promise<MessageRow | undefined> {
      return await messages(db)
        .innerJoin('chat_members as cm', (join) =>
          join.onRef('cm.chat_id', '=', 'm.chat_id').onRef('cm.user_id', '=', 'm.sender_id'),
        )
        .where('m.chat_id', '=', chatId)
        .where('m.sender_id', '=', senderId)
        .where('m.client_id', '=', clientId)
        .executeTakeFirst()
    },

    /** The newest message of each chat that has any. */
    async lastOf(chatIds: readonly string[]): Promise<Map<string, MessageRow>> {
      const rows = await messages(db)
        .innerJoin('chats as c', (join) =>
          join.onRef('c.id', '=', 'm.chat_id').onRef('c.last_seq', '=', 'm.seq'),
        )
        .where('c.id', 'in', chatIds)
        .execute()
      return new Map(rows.map((row) => [row.chat_id, row]))
    },
  }
}

function messages(db: Kysely<Schema>) {
  return db
    .selectFrom('messages as m')
    .leftJoin('users as u', 'u.id', 'm.sender_id')
    .selectAll('m')
    .select('u.full_name')
}
