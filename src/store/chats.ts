import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { ChatType } from '../protocol/objects.js'
import type { Schema } from './schema.js'
import { withUser } from './with-user.js'

export type ChatRow = Selectable<Schema['chats']>
export type MembershipRow = Pick<
  Selectable<Schema['chat_members']>,
  'role' | 'last_read_seq' | 'archived_at' | 'archived_seq' | 'archive_sticky'
>
export type Membership = { readonly chat: ChatRow; readonly member: MembershipRow | undefined }

export interface NewChat {
  readonly id: string
  readonly type: ChatType
  readonly orderId: string | null
  readonly subject: string | null
  readonly metadata: Record<string, unknown>
  readonly createdAt: Date
}

/** Which of a user's chats. */
export interface ChatFilter {
  readonly userId: string
  readonly archived: boolean | undefined
  readonly type: ChatType | undefined
  readonly orderId: string | undefined
  /** Looked for in the subject and the members' names, without regard to case. */
  readonly q: string | undefined
}

export interface ChatQuery extends ChatFilter {
  readonly limit: number
  readonly from: { readonly offset: number } | { readonly activity: Date; readonly id: string }
}

export interface ListedChat {
  readonly chat: ChatRow
  readonly member: MembershipRow
  readonly activity: Date
  /** How many the query would find without `limit` and `from`. */
  readonly total: number
}

/** A member's view of a chat that is told to have activity. */
export type MemberMark = MembershipRow & Pick<ChatRow, 'id' | 'last_seq'> & { readonly user_id: string }

type FoundRow = ChatRow & { readonly [Column in keyof MembershipRow]: MembershipRow[Column] | null }
type ListedRow = ChatRow & MembershipRow & Omit<ListedChat, 'chat' | 'member'>

const MEMBERSHIP = sql`m.role, m.last_read_seq, m.archived_at, m.archived_seq, m.archive_sticky`

/** SQL about chats and about one user's view of them. */
export function createChatStore(db: Kysely<Schema>) {
  return {
    async insert(trx: Transaction<Schema>, chat: NewChat): Promise<void> {
      await trx
        .insertInto('chats')
        .values({
          id: chat.id,
          type: chat.type,
          order_id: chat.orderId,
          subject: chat.subject,
          metadata: JSON.stringify(chat.metadata),
          created_at: chat.createdAt,
        })
        .execute()
    },

    /** Claims the order for the chat; false when another chat has it (waiting for one that is being made). */
    async claimOrder(trx: Transaction<Schema>, orderId: string, chatId: string): Promise<boolean> {
      const result = await trx
        .insertInto('order_chats')
        .values({ order_id: orderId, chat_id: chatId })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      return result.numInsertedOrUpdatedRows === 1n
    },

    async idOfOrder(trx: Transaction<Schema>, orderId: string): Promise<string> {
      const row = await trx
        .selectFrom('order_chats')
        .select('chat_id')
        .where('order_id', '=', orderId)
        .executeTakeFirstOrThrow()
      return row.chat_id
    },

    /** Claims a user's idempotency key for the chat; otherwise answers the chat that the first request made. */
    async claimRequest(
      trx: Transaction<Schema>,
      userId: string,
      key: string,
      chatId: string,
      at: Date,
    ): Promise<string> {
      await trx
        .insertInto('chat_requests')
        .values({ user_id: userId, key, chat_id: chatId, created_at: at })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
      const row = await trx
        .selectFrom('chat_requests')
        .select('chat_id')
        .where('user_id', '=', userId)
        .where('key', '=', key)
        .executeTakeFirstOrThrow()
      return row.chat_id
    },

    /**
     * Locks the chat's row until the transaction ends: every event of a chat takes its number under this lock,
     * as the flush does, so that numbers are given in the order of the commits.
     */
    async lock(trx: Transaction<Schema>, chatId: string): Promise<ChatRow | undefined> {
      return await trx
        .selectFrom('chats')
        .selectAll()
        .where('id', '=', chatId)
        .forNoKeyUpdate()
        .executeTakeFirst()
    },

    async setClosed(trx: Transaction<Schema>, chatId: string, at: Date | null): Promise<void> {
      await trx.updateTable('chats').set({ closed_at: at }).where('id', '=', chatId).execute()
    },

    async find(chatId: string): Promise<ChatRow | undefined> {
      return await db.selectFrom('chats').selectAll().where('id', '=', chatId).executeTakeFirst()
    },

    /** One that is gone is absent. */
    async findAll(chatIds: readonly string[]): Promise<ChatRow[]> {
      if (chatIds.length === 0) return []
      return await db.selectFrom('chats').selectAll().where('id', 'in', chatIds).execute()
    },

    /** The chat and the user's membership in it. */
    async findFor(chatId: string, userId: string): Promise<Membership | undefined> {
      const { rows } = await sql<FoundRow>`
        select c.*, ${MEMBERSHIP}
        from chats c left join chat_members m on m.chat_id = c.id and m.user_id = ${userId}
        where c.id = ${chatId}`.execute(db)
      const [row] = rows
      if (row === undefined) return undefined
      const { role, last_read_seq, archive_sticky } = row
      if (role === null || last_read_seq === null || archive_sticky === null)
        return { chat: row, member: undefined }
      return { chat: row, member: { ...row, role, last_read_seq, archive_sticky } }
    },

    /**
     * One user's chats, the latest activity first. Its cost is bounded by the number of that user's own chats: each
     * of them is looked up once, to count those that match and to find the latest.
     */
    async list(query: ChatQuery): Promise<ListedChat[]> {
      const { limit, from } = query
      const [offset, after] = 'offset' in from ? [from.offset, sql`true`] : [0, isBefore(from)]
      const { rows } = await sql<ListedRow>`
        select * from (
          select c.*, ${MEMBERSHIP}, ${ACTIVITY} as activity, count(*) over () as total
          from ${chatsOf(query)}
        ) l
        where ${after}
        order by activity desc, id desc
        limit ${limit} offset ${offset}`.execute(db)
      return rows.map((row) => ({ chat: row, member: row, activity: row.activity, total: row.total }))
    },

    async count(filter: ChatFilter): Promise<number> {
      const { rows } = await sql<{ total: number }>`select count(*) as total from ${chatsOf(filter)}`.execute(
        db,
      )
      return rows[0]?.total ?? 0
    },

    /** The newest rev of each of these chats; one that is gone is absent. */
    async revs(chatIds: readonly string[]): Promise<Map<string, number>> {
      const rows = await db
        .selectFrom('chats')
        .select(['id', 'last_rev'])
        .where('id', 'in', chatIds)
        .execute()
      return new Map(rows.map((row) => [row.id, row.last_rev]))
    },

    /** The marks of the members of each chat of up to `mostMembers`: what `chat_activity` tells each of them. */
    async views(chatIds: readonly string[], mostMembers: number): Promise<MemberMark[]> {
      const { rows } = await sql<MemberMark>`
        select c.id, c.last_seq, m.user_id, ${MEMBERSHIP}
        from unnest(${chatIds}::text[]) as a(id)
        cross join lateral (select * from chats where id = a.id limit 1) c
        cross join lateral (
          select * from chat_members where chat_id = a.id order by user_id limit ${mostMembers}
        ) m
        where c.member_count <= ${mostMembers}`.execute(db)
      return rows
    },
  }
}

const ACTIVITY = sql`coalesce(c.last_message_at, c.created_at)`

/** The same rule as `isArchived` of chat/views.ts, for the database to filter by. */
const IS_ARCHIVED = sql`(m.archived_at is not null and (m.archive_sticky or c.last_seq <= m.archived_seq))`

function isBefore({ activity, id }: { readonly activity: Date; readonly id: string }) {
  return sql`(activity, id) < (${activity}::timestamptz, ${id})`
}

/**
 * The user's memberships `m` with their chats `c`, from the one to the other by the key; the limits keep it so at
 * every size.
 */
function chatsOf({ userId, q, ...filter }: ChatFilter) {
  const [archived, type, orderId] = [filter.archived, filter.type, filter.orderId].map((one) => one ?? null)
  const pattern = q === undefined ? null : `%${q.replace(/[\\%_]/g, '\\$&')}%`
  return sql`chat_members m
    cross join lateral (select * from chats where id = m.chat_id limit 1) c
    where m.user_id = ${userId}
      and (${archived}::boolean is null or ${IS_ARCHIVED} = ${archived})
      and (${type}::text is null or c.type = ${type})
      and (${orderId}::text is null or c.order_id = ${orderId})
      and (${pattern}::text is null or c.subject ilike ${pattern} or (
        select bool_or(u.full_name ilike ${pattern}) from chat_members o ${withUser('o.user_id')}
        where o.chat_id = c.id
      ))`
}
