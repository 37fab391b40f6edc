import { type Kysely, sql } from 'kysely'
import type { Schema } from './schema.js'

/** Longer than any node is without the database and goes on. */
const KEPT = '1 day'
/** Rows that one write clears away at most. */
const CLEARED = 100

/** SQL about the users whose sessions are to end. */
export function createEndedSessionStore(db: Kysely<Schema>) {
  return {
    /** All sessions that the user has had so far are to end; answers when that was, by the database's clock. */
    async end(userId: string): Promise<Date> {
      const { ended_at } = await db
        .insertInto('ended_sessions')
        .values({ user_id: userId, ended_at: sql`clock_timestamp()` })
        // Not the moment of the insert, before it has waited for whoever ends them too.
        .onConflict((conflict) =>
          conflict.column('user_id').doUpdateSet({ ended_at: sql`clock_timestamp()` }),
        )
        .returning('ended_at')
        .executeTakeFirstOrThrow()
      await sql`
        delete from ended_sessions where user_id in (
          select user_id from ended_sessions
          where ended_at < clock_timestamp() - ${KEPT}::interval
          order by ended_at limit ${CLEARED} for update skip locked
        )`.execute(db)
      return ended_at
    },

    /** Whose sessions were to end after `since`, and what time it is. */
    async since(since: Date): Promise<{ now: Date; ended: { userId: string; endedAt: Date }[] }> {
      const { rows } = await sql<{ now: Date; user_id: string | null; ended_at: Date | null }>`
        select clock_timestamp()::timestamptz(3) as now, e.user_id, e.ended_at
        from (select) as once
        left join ended_sessions e on e.ended_at > ${since}`.execute(db)
      const now = rows[0]?.now ?? since
      const ended = rows.flatMap(({ user_id: userId, ended_at: endedAt }) =>
        userId === null || endedAt === null ? [] : [{ userId, endedAt }],
      )
      return { now, ended }
    },
  }
}
