import { type Kysely, sql } from 'kysely'
import type { ChatRow, MembershipRow } from './chats.js'
import type { MessageRow } from './messages.js'
import type { Schema } from './schema.js'
import { withUser } from './with-user.js'

/** A chat as one of its members finds it; `item` counts from 1 in the order asked. */
export interface MemberView extends ChatRow, MembershipRow {
  readonly item: number
  readonly epoch: string
}

/** A range of one chat's messages; both ends are included. */
export interface MessageRange {
  readonly chatId: string
  readonly first: number
  readonly last: number
}

export interface RangeRow extends MessageRow {
  /** The range that it belongs to, from 1 in the order asked. */
  readonly item: number
  /** The least rev of this message and those that come after it in its range. */
  readonly least_rev: number
}

/** SQL for many snapshots at once: as many statements for a hundred sessions as for one. */
export function createSnapshotStore(db: Kysely<Schema>) {
  /**
   * The first `most` messages of each range in order; fewer when they are large: the one that is beyond `bytes` of
   * content is the last.
   */
  async function ranges(
    { from, to }: { from: 'seq' | 'changed_rev'; to: 'seq' | 'rev' },
    asked: readonly MessageRange[],
    most: number,
    bytes: number,
  ): Promise<RangeRow[]> {
    if (asked.length === 0) return []
    const order = sql.ref(from)
    const { rows } = await sql<RangeRow>`
      select i.item::integer as item, m.*, u.full_name
      from unnest(
        ${asked.map(({ chatId }) => chatId)}::text[],
        ${asked.map(({ first }) => first)}::bigint[],
        ${asked.map(({ last }) => last)}::bigint[]
      ) with ordinality as i(chat_id, first, last, item)
      cross join lateral (
        select found.*,
          sum(octet_length(content) + coalesce(pg_column_size(metadata), 0)) over before as bytes_before,
          min(changed_rev) over (order by ${order} desc) as least_rev
        from (
          select * from messages
          where chat_id = i.chat_id and ${order} >= i.first and ${sql.ref(to)} <= i.last
          order by ${order}
          limit ${most}
        ) found
        window before as (order by ${order} rows between unbounded preceding and 1 preceding)
      ) m
      ${withUser('m.sender_id')}
      where m.bytes_before is null or m.bytes_before <= ${bytes}
      order by i.item, m.${order}`.execute(db)
    return rows
  }

  return {
    /** One row for each that is a member of its chat. */
    async views(
      asked: readonly { readonly chatId: string; readonly userId: string }[],
    ): Promise<MemberView[]> {
      const { rows } = await sql<MemberView>`
        select i.item::integer as item, c.*,
          m.role, m.last_read_seq, m.archived_at, m.archived_seq, m.archive_sticky,
          (select epoch from cluster) as epoch
        from unnest(
          ${asked.map(({ chatId }) => chatId)}::text[],
          ${asked.map(({ userId }) => userId)}::text[]
        ) with ordinality as i(chat_id, user_id, item)
        cross join lateral (select * from chats where id = i.chat_id limit 1) c
        cross join lateral (
          select * from chat_members where chat_id = i.chat_id and user_id = i.user_id limit 1
        ) m`.execute(db)
      return rows
    },

    /**
     * What was new or changed from the rev `first` on, each once, in the order of the last change, and came with an
     * event up to `last`: one that was changed since `last` is there in its newer state.
     */
    async changed(asked: readonly MessageRange[], most: number, bytes: number): Promise<RangeRow[]> {
      return await ranges({ from: 'changed_rev', to: 'rev' }, asked, most, bytes)
    },

    /** The messages from `first` to `last`, in the order of `seq`. */
    async bySeq(asked: readonly MessageRange[], most: number, bytes: number): Promise<RangeRow[]> {
      return await ranges({ from: 'seq', to: 'seq' }, asked, most, bytes)
    },
  }
}
