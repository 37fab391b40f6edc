import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Schema } from './schema.js'

export type ClusterStore = ReturnType<typeof createClusterStore>

/** SQL about the cluster as a whole. */
export function createClusterStore(db: Kysely<Schema>) {
  let latest: string | undefined

  return {
    /** The one that was read last; undefined before the first look. */
    get latestEpoch(): string | undefined {
      return latest
    },

    /** Changes after a restore or a failover that lost commits: numbers of another epoch mean nothing here. */
    async epoch(): Promise<string> {
      latest = (await db.selectFrom('cluster').select('epoch').executeTakeFirstOrThrow()).epoch
      return latest
    },

    /**
     * Begins a new epoch where this is not the database that it was when a node last started on it, but one that was
     * restored from a dump: what was said since then is missing here. Answers whether it has.
     */
    async settle(): Promise<boolean> {
      const { rows } = await sql<{ was: string | null }>`
        with here as (
          select system_identifier || '/' || (select oid from pg_database where datname = current_database()) as place
          from pg_control_system()
        ), before as (select place from cluster for update)
        update cluster set place = here.place,
          epoch = case when before.place is null then epoch else gen_random_uuid()::text end
        from here, before
        where before.place is distinct from here.place
        returning before.place as was`.execute(db)
      return rows.some(({ was }) => was !== null)
    },

    /** Begins a new epoch after `epoch`, unless somebody has. */
    async endEpoch(epoch: string): Promise<void> {
      await db.updateTable('cluster').set({ epoch: randomUUID() }).where('epoch', '=', epoch).execute()
    },
  }
}
