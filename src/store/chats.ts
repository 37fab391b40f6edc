import { type ExpressionBuilder, type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { ChatType } from '../protocol/objects.js'
import type { Schema } from './schema.js'

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
}

const MEMBERSHIP = [
  'm.role',
  'm.last_read_seq',
  'm.archived_at',
  'm.archived_seq',
  'm.archive_sticky',
] as const

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
      const row = await db
        .selectFrom('chats as c')
        .leftJoin('chat_members as m', (join) =>
          join.onRef('m.chat_id', '=', 'c.id').on('m.user_id', '=', userId),
        )
        .selectAll('c')
        .select(MEMBERSHIP)
        .where('c.id', '=', chatId)
        .executeTakeFirst()
      if (row === undefined) return undefined
      const { role, last_read_seq, archive_sticky } = row
      if (role === null || last_read_seq === null || archive_sticky === null)
        return { chat: row, member: undefined }
      return { chat: row, member: { ...row, role, last_read_seq, archive_sticky } }
    },

    /** One user's chats, the latest activity first. Its cost is bounded by the number of that user's own chats. */
    async list(query: ChatQuery): Promise<ListedChat[]> {
      let select = filtered(db, query)
        .selectAll('c')
        .select(MEMBERSHIP)
        .select(activity.as('activity'))
        .orderBy(activity, 'desc')
        .orderBy('c.id', 'desc')
        .limit(query.limit)
      const { from } = query
      if ('offset' in from) select = select.offset(from.offset)
      else select = select.where(sql<boolean>`(${activity}, c.id) < (${from.activity}, ${from.id})`)
      const rows = await select.execute()
      return rows.map((row) => ({ chat: row, member: row, activity: row.activity }))
    },

    async count(filter: ChatFilter): Promise<number> {
      const row = await filtered(db, filter)
        .select((eb) => eb.fn.countAll<number>().as('total'))
        .executeTakeFirstOrThrow()
      return row.total
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
    async views(chatIds: readonly string[], mostMembers: number) {
      return await db
        .selectFrom('chats as c')
        .innerJoin('chat_members as m', 'm.chat_id', 'c.id')
        .select(['c.id', 'c.last_seq', 'm.user_id', ...MEMBERSHIP])
        .where('c.id', 'in', chatIds)
        .where('c.member_count', '<=', mostMembers)
        .execute()
    },
  }
}

const activity = sql<Date>`coalesce(c.last_message_at, c.created_at)`

function filtered(db: Kysely<Schema>, query: ChatFilter) {
  let select = db
    .selectFrom('chat_members as m')
    .innerJoin('chats as c', 'c.id', 'm.chat_id')
    .where('m.user_id', '=', query.userId)
  const { archived, type, orderId, q } = query
  if (archived !== undefined)
    select = select.where((eb) => (archived ? isArchived(eb) : eb.not(isArchived(eb))))
  if (type !== undefined) select = select.where('c.type', '=', type)
  if (orderId !== undefined) select = select.where('c.order_id', '=', orderId)
  if (q !== undefined) {
    const pattern = `%${q.replace(/[\\%_]/g, '\\$&')}%`
    select = select.where((eb) =>
      eb.or([
        eb('c.subject', 'ilike', pattern),
        eb.exists(
          eb
            .selectFrom('chat_members as o')
            .innerJoin('users as u', 'u.id', 'o.user_id')
            .select('u.id')
            .whereRef('o.chat_id', '=', 'c.id')
            .where('u.full_name', 'ilike', pattern),
        ),
      ]),
    )
  }
  return select
}

type Joined = Schema & { m: Schema['chat_members']; c: Schema['chats'] }

/** The same rule as `isArchived` of chat/views.ts, for the database to filter by. */
function isArchived(eb: ExpressionBuilder<Joined, 'm' | 'c'>) {
  return eb.and([
    eb('m.archived_at', 'is not', null),
    eb.or([eb('m.archive_sticky', '=', true), eb('c.last_seq', '<=', eb.ref('m.archived_seq'))]),
  ])
}
