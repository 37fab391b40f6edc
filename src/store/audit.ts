import { type Kysely, type Selectable, type SqlBool, sql } from 'kysely'
import type { AuditAction, Schema } from './schema.js'

export type AuditRow = Selectable<Schema['audit']>

export interface NewAuditEntry {
  readonly id: string
  /** The `sub` of the token of whoever had it done. */
  readonly actor: string
  readonly action: AuditAction
  /** Whose data it was. */
  readonly userId: string
  /** Counts and ids, never contents. */
  readonly detail: Record<string, unknown>
}

export interface AuditFilter {
  readonly userId: string | undefined
  readonly action: AuditAction | undefined
}

export interface AuditQuery extends AuditFilter {
  readonly limit: number
  readonly from: { readonly offset: number } | { readonly at: Date; readonly id: string }
}

/** SQL about who had whose data exported or erased. Entries are added, and taken by age; none is changed. */
export function createAuditStore(db: Kysely<Schema>) {
  function entries({ userId, action }: AuditFilter) {
    const all = db.selectFrom('audit')
    const ofUser = userId === undefined ? all : all.where('user_id', '=', userId)
    return action === undefined ? ofUser : ofUser.where('action', '=', action)
  }

  return {
    async add(
      { id, actor, action, userId, detail }: NewAuditEntry,
      on: Kysely<Schema> = db,
    ): Promise<AuditRow> {
      return await on
        .insertInto('audit')
        .values({
          id,
          at: sql`clock_timestamp()`,
          actor,
          action,
          user_id: userId,
          detail: JSON.stringify(detail),
        })
        .returningAll()
        .executeTakeFirstOrThrow()
    },

    /** Newest first. */
    async list({ limit, from, ...filter }: AuditQuery): Promise<AuditRow[]> {
      const [offset, older] = 'offset' in from ? [from.offset, sql<SqlBool>`true`] : [0, isBefore(from)]
      return await entries(filter)
        .selectAll()
        .where(older)
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .offset(offset)
        .execute()
    },

    async count(filter: AuditFilter): Promise<number> {
      const { total } = await entries(filter)
        .select((eb) => eb.fn.countAll<number>().as('total'))
        .executeTakeFirstOrThrow()
      return total
    },

    /** Takes up to `most` entries that are older; answers how many there were. */
    async removeBefore(before: Date, most: number): Promise<number> {
      const { numDeletedRows } = await db
        .deleteFrom('audit')
        .where('id', 'in', (eb) =>
          eb.selectFrom('audit').select('id').where('at', '<', before).orderBy('at').limit(most),
        )
        .executeTakeFirst()
      return Number(numDeletedRows)
    },
  }
}

export type AuditStore = ReturnType<typeof createAuditStore>

function isBefore({ at, id }: { readonly at: Date; readonly id: string }) {
  return sql<SqlBool>`(at, id) < (${at}::timestamptz, ${id}::uuid)`
}
