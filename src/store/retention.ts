import { type Kysely, sql, type Transaction } from 'kysely'
import type { Attachment, ChatType } from '../protocol/objects.js'
import type { AttachmentStore } from './attachments.js'
import type { Schema } from './schema.js'

/** Of which chats what is taken: all that was written before this moment. */
export interface Taking {
  readonly type: ChatType
  readonly before: Date
  /** Chats of one step. */
  readonly chats: number
  /** Messages, and other events, of each of them that are looked at. */
  readonly rows: number
  /** Whether it waits for chats that somebody else has locked. */
  readonly waits: boolean
}

/** What one step has come to. */
export interface Taken {
  /** Chats that had something old in them. */
  readonly due: number
  /** Of these the ones that are done with, or further on; the others were locked. */
  readonly moved: number
  readonly messages: number
}

/** How far a chat can go in one step; nobody holds its row meanwhile. */
interface Measured {
  readonly id: string
  readonly from_seq: number
  readonly from_rev: number
  readonly before_seq: number
  readonly before_rev: number
  readonly oldest_at: Date
}

/** What was taken in one step of one chat: a row of `taken_messages`. */
interface Step {
  readonly id: string
  readonly chat_id: string
  readonly from_seq: number
  readonly before_seq: number
  readonly from_rev: number
  readonly before_rev: number
}

type WithAttachments = { readonly chat_id: string; readonly attachments: Attachment[] | null }

/**
 * SQL that takes what is old. First the marks: from one statement on a chat says that it begins later. Then, a while
 * later, the rows, which nobody asks for any more: so neither a send nor a reader waits for the removal, and none who
 * has read the chat's row before finds a hole where it said that there was something.
 *
 * A message that was changed lately is taken like its neighbours, but the events of its changes are younger, and a
 * node may still have to tell them. So it stays as a tombstone, below `first_seq`, until these events are old too.
 */
export function createRetentionStore(db: Kysely<Schema>, attachments: AttachmentStore) {
  return {
    /** One step on the chats whose oldest things are the oldest. */
    async take(taking: Taking): Promise<Taken> {
      const measured = await measure(db, taking)
      const moved = await move(db, measured, taking)
      return {
        due: measured.length,
        moved: moved.length,
        messages: moved.reduce((sum, { from_seq, before_seq }) => sum + before_seq - from_seq, 0),
      }
    },

    /**
     * Removes the rows of up to `most` steps that were made `seconds` ago or earlier; answers how many steps there
     * were, and how many messages and attachments went with them.
     */
    async removeTaken(
      seconds: number,
      most: number,
    ): Promise<{ steps: number; messages: number; attachments: number }> {
      return await db.transaction().execute(async (trx) => {
        const steps = await claimSteps(trx, seconds, most)
        if (steps.length === 0) return { steps: 0, messages: 0, attachments: 0 }
        const removed = await removeMessages(trx, steps)
        const emptied = await emptyMessages(trx, steps)
        await removeEvents(trx, steps)
        const named = attachmentsOf([...removed, ...emptied])
        for (const [chatId, ids] of named) await attachments.removeNamed(trx, chatId, ids)
        await sql`delete from taken_messages where id = any(${steps.map(({ id }) => id)}::uuid[])`.execute(
          trx,
        )
        const files = [...named.values()].reduce((sum, ids) => sum + ids.length, 0)
        return { steps: steps.length, messages: removed.length, attachments: files }
      })
    },
  }
}

export type RetentionStore = ReturnType<typeof createRetentionStore>

/**
 * Where each chat would begin: at its first message that is young enough, and at the first event that is, or that
 * such a message was. Times run with `seq` but for clocks that were set back: what counts is the first young one.
 */
export async function measure(
  db: Kysely<Schema>,
  { type, before, chats, rows: most }: Taking,
): Promise<Measured[]> {
  const { rows } = await sql<Measured>`
    select d.id, d.first_seq as from_seq, d.first_rev as from_rev, s.before_seq, r.before_rev,
      case when s.before_seq > d.first_seq or r.before_rev > d.first_rev
        then coalesce(least(n.created_at, e.created_at), clock_timestamp())
        else greatest(coalesce(least(n.created_at, e.created_at), clock_timestamp()), ${before}::timestamptz)
      end as oldest_at
    from (
      select id, first_seq, first_rev, last_rev from chats
      where type = ${type} and coalesce(oldest_at, created_at) < ${before}
      order by coalesce(oldest_at, created_at)
      limit ${chats}
    ) d
    cross join lateral (
      select coalesce(
        min(seq) filter (where created_at >= ${before}::timestamptz), max(seq) + 1, d.first_seq
      ) as before_seq
      from (
        select seq, created_at from messages
        where chat_id = d.id and seq >= d.first_seq order by seq limit ${most}
      ) looked_at
    ) s
    left join lateral (
      select rev, created_at from messages where chat_id = d.id and seq = s.before_seq limit 1
    ) n on true
    cross join lateral (
      select min(rev) filter (where created_at >= ${before}::timestamptz) as young, max(rev) as last, count(*) as found
      from (
        select rev, created_at from chat_events
        where chat_id = d.id and rev >= d.first_rev order by rev limit ${most}
      ) looked_at
    ) v
    cross join lateral (
      select least(
        coalesce(n.rev, d.last_rev + 1), coalesce(v.young, case when v.found = ${most} then v.last + 1 end)
      ) as before_rev
    ) r
    left join lateral (
      select created_at from chat_events where chat_id = d.id and rev >= r.before_rev order by rev limit 1
    ) e on true`.execute(db)
  return rows
}

/**
 * Moves the marks of those that stand where they stood when they were measured: what came since came at their other
 * end. The rows are locked in the order of their ids, as by a flush, each for the moment of the write.
 */
export async function move(
  db: Kysely<Schema>,
  measured: readonly Measured[],
  { waits }: Pick<Taking, 'waits'>,
): Promise<Pick<Step, 'from_seq' | 'before_seq'>[]> {
  if (measured.length === 0) return []
  const { rows } = await sql<Pick<Step, 'from_seq' | 'before_seq'>>`
    with locked as (
      select id, first_seq, first_rev from chats
      where id = any(${measured.map(({ id }) => id)}::text[])
      order by id
      for no key update ${waits ? sql`` : sql`skip locked`}
    ),
    moved as (
      update chats c
      set first_seq = m.before_seq, first_rev = m.before_rev, oldest_at = m.oldest_at
      from unnest(
        ${measured.map(({ id }) => id)}::text[],
        ${measured.map(({ from_seq }) => from_seq)}::bigint[],
        ${measured.map(({ from_rev }) => from_rev)}::bigint[],
        ${measured.map(({ before_seq }) => before_seq)}::bigint[],
        ${measured.map(({ before_rev }) => before_rev)}::bigint[],
        ${measured.map(({ oldest_at }) => oldest_at.toISOString())}::timestamptz[]
      ) as m(id, from_seq, from_rev, before_seq, before_rev, oldest_at)
      join locked l on l.id = m.id and l.first_seq = m.from_seq and l.first_rev = m.from_rev
      where c.id = m.id
      returning c.id, m.from_seq, m.before_seq, m.from_rev, m.before_rev
    ),
    noted as (
      insert into taken_messages (id, chat_id, from_seq, before_seq, from_rev, before_rev, taken_at)
      select gen_random_uuid(), id, from_seq, before_seq, from_rev, before_rev, clock_timestamp()
      from moved where before_seq > from_seq or before_rev > from_rev
    )
    select from_seq, before_seq from moved`.execute(db)
  return rows
}

/** Those that another node is at are left to it. */
async function claimSteps(trx: Transaction<Schema>, seconds: number, most: number): Promise<Step[]> {
  return await trx
    .selectFrom('taken_messages')
    .select(['id', 'chat_id', 'from_seq', 'before_seq', 'from_rev', 'before_rev'])
    .where('taken_at', '<=', sql<Date>`clock_timestamp() - ${seconds} * interval '1 second'`)
    .orderBy('taken_at')
    .limit(most)
    .forUpdate()
    .skipLocked()
    .execute()
}

/**
 * Found by the event that changed them last: so the tombstones of earlier steps are among them, once their events are
 * old. Each is older than every message that is kept, whose own event is none of these.
 */
export async function removeMessages(db: Kysely<Schema>, steps: readonly Step[]): Promise<WithAttachments[]> {
  const { rows } = await sql<WithAttachments>`
    delete from messages m
    using (
      select found.chat_id, found.seq from ${stepTable(steps)}
      cross join lateral (
        select chat_id, seq from messages
        where chat_id = t.chat_id and changed_rev >= t.from_rev and changed_rev < t.before_rev and seq < t.before_seq
        order by changed_rev
        limit (t.before_rev - t.from_rev)
      ) found
    ) f
    where m.chat_id = f.chat_id and m.seq = f.seq
    returning m.chat_id, m.attachments`.execute(db)
  return rows
}

/** What is left of those messages was changed by an event that is kept. Answers them as they were. */
export async function emptyMessages(db: Kysely<Schema>, steps: readonly Step[]): Promise<WithAttachments[]> {
  const { rows } = await sql<WithAttachments>`
    with found as (
      select f.* from ${stepTable(steps)}
      cross join lateral (
        select chat_id, seq, attachments from messages
        where chat_id = t.chat_id and seq >= t.from_seq and seq < t.before_seq
        order by seq
        limit (t.before_seq - t.from_seq)
      ) f
    ),
    emptied as (
      update messages m
      set content = '', metadata = null, attachments = null, client_id = null,
        deleted_at = coalesce(m.deleted_at, clock_timestamp())
      from found f where m.chat_id = f.chat_id and m.seq = f.seq
    )
    select chat_id, attachments from found`.execute(db)
  return rows
}

export async function removeEvents(db: Kysely<Schema>, steps: readonly Step[]): Promise<void> {
  await sql`
    delete from chat_events e
    using (
      select found.chat_id, found.rev from ${stepTable(steps)}
      cross join lateral (
        select chat_id, rev from chat_events
        where chat_id = t.chat_id and rev >= t.from_rev and rev < t.before_rev
        order by rev
        limit (t.before_rev - t.from_rev)
      ) found
    ) f
    where e.chat_id = f.chat_id and e.rev = f.rev`.execute(db)
}

/** Steps as a table `t` of a statement. */
function stepTable(steps: readonly Step[]) {
  return sql`unnest(
    ${steps.map(({ chat_id }) => chat_id)}::text[],
    ${steps.map(({ from_seq }) => from_seq)}::bigint[],
    ${steps.map(({ before_seq }) => before_seq)}::bigint[],
    ${steps.map(({ from_rev }) => from_rev)}::bigint[],
    ${steps.map(({ before_rev }) => before_rev)}::bigint[]
  ) as t(chat_id, from_seq, before_seq, from_rev, before_rev)`
}

/** By their chat. */
function attachmentsOf(messages: readonly WithAttachments[]): Map<string, string[]> {
  const named = new Map<string, string[]>()
  for (const { chat_id: chatId, attachments } of messages)
    for (const { id } of attachments ?? []) {
      const ids = named.get(chatId)
      if (ids === undefined) named.set(chatId, [id])
      else ids.push(id)
    }
  return named
}
