import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { AttachmentStore } from './attachments.js'
import type { AuditStore } from './audit.js'
import type { MessageRow } from './messages.js'
import type { Schema } from './schema.js'
import { withUser } from './with-user.js'

export type ErasureRow = Selectable<Schema['erasures']>
type Counts = Pick<ErasureRow, 'chats' | 'messages' | 'attachments'>

/** A range of a chat's `seq`, or of its `rev`; both ends are included. */
export interface NumberRange {
  readonly chatId: string
  readonly first: number
  readonly last: number
}

/** A message that becomes a tombstone, and the event that this is. */
export interface Tombstone {
  readonly message: MessageRow
  readonly rev: number
}

/** How late the last word on a user's presence may come: sessions end when the erasure begins. */
const PRESENCE_LAG = '1 minute'

/** SQL that erases one user's data, and remembers what is left to be done. */
export function createErasureStore(db: Kysely<Schema>, attachments: AttachmentStore, audit: AuditStore) {
  return {
    /** The erasure of the user that is under way, or else a new one, with its entry in the audit. */
    async request(id: string, userId: string, actor: string): Promise<ErasureRow> {
      return await db.transaction().execute(async (trx) => {
        const added = await trx
          .insertInto('erasures')
          .values({ id, user_id: userId, actor, requested_at: sql`clock_timestamp()` })
          .onConflict((conflict) => conflict.column('user_id').where('finished_at', 'is', null).doNothing())
          .returningAll()
          .executeTakeFirst()
        if (added === undefined)
          return await trx
            .selectFrom('erasures')
            .selectAll()
            .where('user_id', '=', userId)
            .where('finished_at', 'is', null)
            .executeTakeFirstOrThrow()
        await audit.add({ id, actor, action: 'erasure_requested', userId, detail: {} }, trx)
        return added
      })
    },

    /** Those that are not finished, the oldest first. */
    async open(most: number): Promise<ErasureRow[]> {
      return await db
        .selectFrom('erasures')
        .selectAll()
        .where('finished_at', 'is', null)
        .orderBy('requested_at')
        .limit(most)
        .execute()
    },

    /** Adds to what has been counted, in the transaction of what is counted. */
    async count(trx: Transaction<Schema>, id: string, more: Partial<Counts>): Promise<void> {
      const { chats = 0, messages = 0, attachments = 0 } = more
      await trx
        .updateTable('erasures')
        .set((eb) => ({
          chats: eb('chats', '+', chats),
          messages: eb('messages', '+', messages),
          attachments: eb('attachments', '+', attachments),
        }))
        .where('id', '=', id)
        .execute()
    },

    /** The next chats after this one where the user is or was a member, in the order of their ids. */
    async chatsAfter(userId: string, chatId: string, most: number): Promise<string[]> {
      const { rows } = await sql<{ chat_id: string }>`
        select chat_id from (
          (select chat_id from chat_members where user_id = ${userId} and chat_id > ${chatId}
            order by chat_id limit ${most})
          union
          (select chat_id from former_members where user_id = ${userId} and chat_id > ${chatId}
            order by chat_id limit ${most})
        ) c
        order by chat_id limit ${most}`.execute(db)
      return rows.map((row) => row.chat_id)
    },

    /** Which of the messages in this range are the user's own words. */
    async seqsOf(userId: string, { chatId, first, last }: NumberRange): Promise<number[]> {
      const rows = await db
        .selectFrom('messages')
        .select('seq')
        .where('chat_id', '=', chatId)
        .where('seq', '>=', first)
        .where('seq', '<=', last)
        .where('sender_id', '=', userId)
        .where('kind', '=', 'user')
        .where('deleted_at', 'is', null)
        .orderBy('seq')
        .execute()
      return rows.map(({ seq }) => seq)
    },

    /** Those that still say something, in order. For one who holds the lock on the chat's row. */
    async messagesToErase(
      trx: Transaction<Schema>,
      chatId: string,
      seqs: readonly number[],
    ): Promise<MessageRow[]> {
      const { rows } = await sql<MessageRow>`
        select m.*, u.full_name
        from messages m ${withUser('m.sender_id')}
        where m.chat_id = ${chatId} and m.seq = any(${seqs}::bigint[]) and m.deleted_at is null
        order by m.seq`.execute(trx)
      return rows
    },

    /** Leaves tombstones, as the deletion of one message does, and takes their attachments with them; answers them. */
    async empty(
      trx: Transaction<Schema>,
      chatId: string,
      tombstones: readonly Tombstone[],
      at: Date,
    ): Promise<MessageRow[]> {
      await attachments.removeNamed(
        trx,
        chatId,
        tombstones.flatMap(({ message }) => (message.attachments ?? []).map(({ id }) => id)),
      )
      await sql`
        update messages m
        set content = '', metadata = null, attachments = null, deleted_at = ${at}, changed_rev = t.rev
        from unnest(
          ${tombstones.map(({ message }) => message.seq)}::bigint[],
          ${tombstones.map(({ rev }) => rev)}::bigint[]
        ) as t(seq, rev)
        where m.chat_id = ${chatId} and m.seq = t.seq`.execute(trx)
      const nothing = { content: '', metadata: null, attachments: null, deleted_at: at }
      return tombstones.map(({ message, rev }) => ({ ...message, ...nothing, changed_rev: rev }))
    },

    /** Takes back what the user has uploaded to a chat and never sent; answers how many files that were. */
    async removeUnsent(trx: Transaction<Schema>, userId: string, chatId: string): Promise<number> {
      const rows = await trx
        .selectFrom('attachments')
        .select('id')
        .where('chat_id', '=', chatId)
        .where('uploader_id', '=', userId)
        .where('message_id', 'is', null)
        .execute()
      await attachments.removeNamed(
        trx,
        chatId,
        rows.map(({ id }) => id),
      )
      return rows.length
    },

    /** Events in this range that say the user's name say another one from now on. */
    async renameInEvents(userId: string, name: string, { chatId, first, last }: NumberRange): Promise<void> {
      await sql`
        update chat_events set detail = jsonb_set(detail, '{fullName}', to_jsonb(${name}::text))
        where chat_id = ${chatId} and rev >= ${first} and rev <= ${last}
          and kind = 'member_added' and detail ->> 'userId' = ${userId}`.execute(db)
    },

    /** Nothing of the user is left in the chat; false when somebody else has said so. */
    async leave(trx: Transaction<Schema>, userId: string, chatId: string): Promise<boolean> {
      const { numDeletedRows } = await trx
        .deleteFrom('former_members')
        .where('user_id', '=', userId)
        .where('chat_id', '=', chatId)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },

    /** Takes up to `most` of the user's idempotency keys; answers how many there were. */
    async removeRequests(userId: string, most: number): Promise<number> {
      const { numDeletedRows } = await db
        .deleteFrom('chat_requests')
        .where('user_id', '=', userId)
        .where('key', 'in', (eb) =>
          eb
            .selectFrom('chat_requests')
            .select('key')
            .where('user_id', '=', userId)
            .orderBy('key')
            .limit(most),
        )
        .executeTakeFirst()
      return Number(numDeletedRows)
    },

    /** Writes down that it is done, and what it came to; undefined when somebody else has. */
    async finish(id: string, entryId: string): Promise<ErasureRow | undefined> {
      return await db.transaction().execute(async (trx) => {
        const row = await trx
          .updateTable('erasures')
          .set({ finished_at: sql`clock_timestamp()` })
          .where('id', '=', id)
          .where('finished_at', 'is', null)
          .returningAll()
          .executeTakeFirst()
        if (row === undefined) return undefined
        const { actor, user_id: userId, chats, messages, attachments } = row
        const detail = { erasure: id, chats, messages, attachments }
        await audit.add({ id: entryId, actor, action: 'erasure_finished', userId, detail }, trx)
        return row
      })
    },

    /**
     * When erased users were last seen is forgotten too: their sessions have ended with the erasure, and the word of
     * it comes a while later. With it goes the erasure itself, which from then on is in the audit alone.
     */
    async settle(): Promise<void> {
      await sql`
        with settled as (
          delete from erasures where finished_at < clock_timestamp() - ${PRESENCE_LAG}::interval
          returning user_id, finished_at
        )
        update users u set last_seen_at = null
        from settled s
        where u.id = s.user_id and u.last_seen_at <= s.finished_at + ${PRESENCE_LAG}::interval`.execute(db)
    },
  }
}

export type ErasureStore = ReturnType<typeof createErasureStore>
