import { type Kysely, sql } from 'kysely'
import type { AttachmentRow } from './attachments.js'
import type { ChatRow, MembershipRow } from './chats.js'
import type { NumberRange } from './erasure.js'
import type { MessageRow } from './messages.js'
import type { Schema } from './schema.js'
import { withUser } from './with-user.js'

/** A chat as one user knows it who is a member of it, or was one. */
export interface KnownChat extends ChatRow {
  readonly role: string | null
  readonly last_read_seq: number | null
  readonly archived_at: Date | null
  readonly archived_seq: number | null
  readonly archive_sticky: boolean | null
  readonly joined_at: Date | null
  readonly left_at: Date | null
}

export type KnownMembership = MembershipRow & { readonly joined_at: Date }

export interface KnownUser {
  readonly id: string
  readonly full_name: string
  readonly last_seen_at: Date | null
}

/** SQL that reads all of one user's data, page by page: no statement of it grows with how much that is. */
export function createExportStore(db: Kysely<Schema>) {
  return {
    async user(userId: string): Promise<KnownUser | undefined> {
      return await db
        .selectFrom('users')
        .select(['id', 'full_name', 'last_seen_at'])
        .where('id', '=', userId)
        .executeTakeFirst()
    },

    /** The chats of these ids that are there, with the user's membership where there is one. */
    async chats(userId: string, chatIds: readonly string[]): Promise<KnownChat[]> {
      const { rows } = await sql<KnownChat>`
        select c.*, m.role, m.last_read_seq, m.archived_at, m.archived_seq, m.archive_sticky, m.joined_at, f.left_at
        from unnest(${chatIds}::text[]) with ordinality as a(id, item)
        cross join lateral (select * from chats where id = a.id limit 1) c
        left join lateral (
          select * from chat_members where chat_id = a.id and user_id = ${userId} limit 1
        ) m on true
        left join lateral (
          select left_at from former_members where chat_id = a.id and user_id = ${userId} limit 1
        ) f on true
        order by a.item`.execute(db)
      return rows
    },

    /** What the user has said in this range, in order. */
    async messages(userId: string, { chatId, first, last }: NumberRange): Promise<MessageRow[]> {
      const { rows } = await sql<MessageRow>`
        select m.*, u.full_name
        from (
          select * from messages
          where chat_id = ${chatId} and seq >= ${first} and seq <= ${last} and sender_id = ${userId}
        ) m
        ${withUser('m.sender_id')}
        order by m.seq`.execute(db)
      return rows
    },

    async attachments(chatId: string, ids: readonly string[]): Promise<AttachmentRow[]> {
      if (ids.length === 0) return []
      return await db
        .selectFrom('attachments')
        .selectAll()
        .where('chat_id', '=', chatId)
        .where('id', 'in', ids)
        .orderBy('id')
        .execute()
    },

    /** What the user has uploaded to a chat and not sent: there are few (UNSENT_ATTACHMENTS). */
    async unsent(userId: string, chatId: string): Promise<AttachmentRow[]> {
      return await db
        .selectFrom('attachments')
        .selectAll()
        .where('chat_id', '=', chatId)
        .where('uploader_id', '=', userId)
        .where('message_id', 'is', null)
        .orderBy('id')
        .execute()
    },
  }
}

export type ExportStore = ReturnType<typeof createExportStore>
