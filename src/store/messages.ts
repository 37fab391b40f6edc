import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { Attachment } from '../protocol/objects.js'
import { commitAtOnce } from './commit-at-once.js'
import { type EventWindow, type InWindow, windowTable } from './event-window.js'
import type { Schema } from './schema.js'
import { withUser } from './with-user.js'

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
export type CommitRow = JudgedRow | RefusedRow<LeftOut>

export type JudgedRow = CommittedRow | RefusedRow<Refusal>

/** Somebody else had its chat locked: it is to come again, before others of its chat. */
export type LeftOut = 'left_out'

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

/** Which event a change of a message is, and when. */
export interface ChangePoint {
  readonly rev: number
  readonly at: Date
}

interface RefusedRow<Outcome extends string> {
  readonly item: number
  readonly outcome: Outcome
}

/** SQL about messages: the flush, and every way to read them again. */
export function createMessageStore(db: Kysely<Schema>) {
  return {
    /** The flush as it nearly always goes; see commit-at-once.ts. */
    commitAtOnce: async (batch: readonly NewMessage[], how: { readonly waits: boolean }) =>
      await commitAtOnce(db, batch, how),

    /**
     * Commits those that may be, and says of each of the others why not, in the order given: one round trip, one
     * transaction; see db/migrations/0004_commit_attachments.sql.
     */
    async judge(batch: readonly NewMessage[]): Promise<JudgedRow[]> {
      const named = batch.flatMap(({ attachments }, index) =>
        attachments.map((id) => ({ item: index + 1, id })),
      )
      const { rows } = await sql<JudgedRow>`select * from commit_messages(
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
      return rows.sort((one, other) => one.item - other.item)
    },

    /** The messages from `first` to `last`, both included, newest first: a range of the primary key. */
    async range(chatId: string, first: number, last: number): Promise<MessageRow[]> {
      if (last < first) return []
      const { rows } = await sql<MessageRow>`
        select m.*, u.full_name
        from (
          select * from messages
          where chat_id = ${chatId} and seq >= ${first} and seq <= ${last}
          order by seq desc
          limit ${last - first + 1}
        ) m
        ${withUser('m.sender_id')}
        order by m.seq desc`.execute(db)
      return rows
    },

    /**
     * The messages that came with the events of each window, in that order: ranges of the primary key, found by
     * counting back from where the chats stand.
     */
    async createdBetween(windows: readonly EventWindow[]): Promise<InWindow<MessageRow>[]> {
      if (windows.length === 0) return []
      const { rows } = await sql<InWindow<MessageRow>>`
        select w.item::integer as item, m.*, u.full_name
        from ${windowTable(windows)}
        cross join lateral (select ${lastSeqAt('after_rev')} as seq) as before
        cross join lateral (select ${lastSeqAt('rev')} as seq) as upto
        cross join lateral (
          select * from messages
          where chat_id = w.chat_id and seq > before.seq and seq <= upto.seq
          order by seq
          limit (w.rev - w.after_rev)
        ) m
        ${withUser('m.sender_id')}
        order by w.item, m.seq`.execute(db)
      return rows
    },

    /** Messages by their chat and `seq`; one that is gone is absent. */
    async ofSeqs(asked: readonly { readonly chatId: string; readonly seq: number }[]): Promise<MessageRow[]> {
      if (asked.length === 0) return []
      const { rows } = await sql<MessageRow>`
        select m.*, u.full_name
        from (
          select distinct * from unnest(
            ${asked.map(({ chatId }) => chatId)}::text[],
            ${asked.map(({ seq }) => seq)}::bigint[]
          )
        ) as a(chat_id, seq)
        cross join lateral (select * from messages where chat_id = a.chat_id and seq = a.seq limit 1) m
        ${withUser('m.sender_id')}`.execute(db)
      return rows
    },

    /** For one who holds the lock on the chat's row: no change of the message is under way. */
    async find(trx: Transaction<Schema>, chatId: string, seq: number): Promise<MessageRow | undefined> {
      return await messages(trx).where('m.chat_id', '=', chatId).where('m.seq', '=', seq).executeTakeFirst()
    },

    /** Answers the message as it is now. */
    async edit(
      trx: Transaction<Schema>,
      message: MessageRow,
      content: string,
      { rev, at }: ChangePoint,
    ): Promise<MessageRow> {
      return await change(trx, message, { content, edited_at: at, changed_rev: rev })
    },

    /** Leaves a tombstone: what was said is gone from the row. Answers it. */
    async empty(
      trx: Transaction<Schema>,
      message: MessageRow,
      { rev, at }: ChangePoint,
    ): Promise<MessageRow> {
      const nothing = { content: '', metadata: null, attachments: null }
      return await change(trx, message, { ...nothing, deleted_at: at, changed_rev: rev })
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
      const { rows } = await sql<MessageRow>`
        select m.*, u.full_name
        from unnest(${chatIds}::text[]) as a(chat_id)
        cross join lateral (select last_seq from chats where id = a.chat_id limit 1) c
        cross join lateral (
          select * from messages where chat_id = a.chat_id and seq = c.last_seq limit 1
        ) m
        ${withUser('m.sender_id')}`.execute(db)
      return new Map(rows.map((row) => [row.chat_id, row]))
    },
  }
}

/** The newest message at an earlier rev: what came since are events of `chat_events` and messages, one `seq` each. */
function lastSeqAt(rev: 'after_rev' | 'rev') {
  const at = sql.ref(`w.${rev}`)
  return sql`w.last_seq - (w.last_rev - ${at}) + (
    select count(*) from chat_events where chat_id = w.chat_id and rev > ${at} and rev <= w.last_rev
  )`
}

async function change(
  trx: Transaction<Schema>,
  message: MessageRow,
  changed: Pick<MessageRow, 'content' | 'changed_rev'> & {
    readonly metadata?: null
    readonly attachments?: null
    readonly edited_at?: Date
    readonly deleted_at?: Date
  },
): Promise<MessageRow> {
  await trx
    .updateTable('messages')
    .set(changed)
    .where('chat_id', '=', message.chat_id)
    .where('seq', '=', message.seq)
    .execute()
  return { ...message, ...changed }
}

function messages(db: Kysely<Schema>) {
  return db
    .selectFrom('messages as m')
    .leftJoin('users as u', 'u.id', 'm.sender_id')
    .selectAll('m')
    .select('u.full_name')
}
