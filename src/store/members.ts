import { type Kysely, sql, type Transaction } from 'kysely'
import type { Schema } from './schema.js'
import { withUser } from './with-user.js'

export interface MemberRow {
  readonly user_id: string
  readonly role: string
  readonly last_read_seq: number
  readonly full_name: string | null
  readonly last_seen_at: Date | null
}

export interface NewMember {
  readonly userId: string
  readonly role: string
}

const MEMBER = sql`m.user_id, m.role, m.last_read_seq, u.full_name, u.last_seen_at`

/** SQL about who belongs to a chat. */
export function createMemberStore(db: Kysely<Schema>) {
  return {
    /** Adds those who are not yet members, at the chat's present end; answers who was added. */
    async add(
      trx: Transaction<Schema>,
      chatId: string,
      members: readonly NewMember[],
      lastSeq: number,
      at: Date,
    ): Promise<NewMember[]> {
      const added = await trx
        .insertInto('chat_members')
        .values(
          members.map(({ userId, role }) => ({
            chat_id: chatId,
            user_id: userId,
            role,
            last_read_seq: lastSeq,
            joined_at: at,
          })),
        )
        .onConflict((conflict) => conflict.doNothing())
        .returning(['user_id', 'role'])
        .execute()
      await resize(trx, chatId, added.length)
      return added.map((row) => ({ userId: row.user_id, role: row.role }))
    },

    /** False when there was no such member. */
    async remove(trx: Transaction<Schema>, chatId: string, userId: string): Promise<boolean> {
      const { numDeletedRows } = await trx
        .deleteFrom('chat_members')
        .where('chat_id', '=', chatId)
        .where('user_id', '=', userId)
        .executeTakeFirst()
      if (numDeletedRows === 0n) return false
      await resize(trx, chatId, -1)
      return true
    },

    /** For one who holds the lock on the chat's row: nobody comes or goes meanwhile. */
    async has(trx: Transaction<Schema>, chatId: string, userId: string): Promise<boolean> {
      const row = await trx
        .selectFrom('chat_members')
        .select('user_id')
        .where('chat_id', '=', chatId)
        .where('user_id', '=', userId)
        .executeTakeFirst()
      return row !== undefined
    },

    /** False when the member has that role already, or is none. */
    async setRole(trx: Transaction<Schema>, chatId: string, { userId, role }: NewMember): Promise<boolean> {
      const { numUpdatedRows } = await trx
        .updateTable('chat_members')
        .set({ role })
        .where('chat_id', '=', chatId)
        .where('user_id', '=', userId)
        .where('role', '!=', role)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },

    /** Members in the order of their ids, from `offset` on. */
    async list(chatId: string, limit: number, offset = 0): Promise<MemberRow[]> {
      const { rows } = await sql<MemberRow>`
        select ${MEMBER}
        from (
          select * from chat_members where chat_id = ${chatId}
          order by user_id limit ${limit} offset ${offset}
        ) m
        ${withUser('m.user_id')}
        order by m.user_id`.execute(db)
      return rows
    },

    /** The first `most` members of each chat. */
    async firstOf(chatIds: readonly string[], most: number): Promise<Map<string, MemberRow[]>> {
      if (chatIds.length === 0) return new Map()
      const { rows } = await sql<MemberRow & { chat_id: string }>`
        select a.chat_id, ${MEMBER}
        from unnest(${chatIds}::text[]) with ordinality as a(chat_id, item)
        cross join lateral (
          select * from chat_members where chat_id = a.chat_id order by user_id limit ${most}
        ) m
        ${withUser('m.user_id')}
        order by a.item, m.user_id`.execute(db)
      const byChat = new Map<string, MemberRow[]>(chatIds.map((chatId) => [chatId, []]))
      for (const row of rows) byChat.get(row.chat_id)?.push(row)
      return byChat
    },

    /**
     * Moves the mark up to `seq`. Undefined when it does not move: no member, a mark that is as high already, or
     * a `seq` above the chat's end.
     */
    async markRead(
      chatId: string,
      userId: string,
      seq: number,
    ): Promise<{ lastReadSeq: number; lastSeq: number } | undefined> {
      return await db
        .updateTable('chat_members as m')
        .from('chats as c')
        .set({ last_read_seq: seq })
        .whereRef('c.id', '=', 'm.chat_id')
        .where('m.chat_id', '=', chatId)
        .where('m.user_id', '=', userId)
        .where('m.last_read_seq', '<', seq)
        .where('c.last_seq', '>=', seq)
        .returning(['m.last_read_seq as lastReadSeq', 'c.last_seq as lastSeq'])
        .executeTakeFirst()
    },

    /** False for one who is no member. */
    async archive(chatId: string, userId: string, at: Date | null, sticky: boolean): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable('chat_members as m')
        .from('chats as c')
        .set({
          archived_at: at,
          archived_seq: sql`case when ${at}::timestamptz is null then null else c.last_seq end`,
          archive_sticky: sticky,
        })
        .whereRef('c.id', '=', 'm.chat_id')
        .where('m.chat_id', '=', chatId)
        .where('m.user_id', '=', userId)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
  }
}

async function resize(trx: Transaction<Schema>, chatId: string, by: number): Promise<void> {
  if (by === 0) return
  await trx
    .updateTable('chats')
    .set((eb) => ({ member_count: eb('member_count', '+', by) }))
    .where('id', '=', chatId)
    .execute()
}
