import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
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

    /** Begins a new epoch after `epoch`, unless somebody has. */
    async endEpoch(epoch: string): Promise<void> {
      await db.updateTable('cluster').set({ epoch: randomUUID() }).where('epoch', '=', epoch).execute()
    },
  }
}
