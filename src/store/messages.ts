import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import { type EventWindow, type InWindow, windowTable } from './event-window.js'
import type { Schema } from './schema.js'
import { withUser } from './with-user.js'

export interface MessageRow extends Selectable<Schema['messages']> {
  /** The sender's current name; null for one who was never named. */
  readonly full_name: string | null
}

/** Which event a change of a message is, and when. */
export interface ChangePoint {
  readonly rev: number
  readonly at: Date
}

export type MessageStore = ReturnType<typeof createMessageStore>

/** SQL about messages that have been committed (flush.ts): every way to read them again, and to change them. */
export function createMessageStore(db: Kysely<Schema>) {
  return {
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
