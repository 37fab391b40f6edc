import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Schema } from './schema.js'

/** SQL about the cluster as a whole. */
export function createClusterStore(db: Kysely<Schema>) {
  return {
    /** Changes after a restore or a failover that lost commits: numbers of another epoch mean nothing here. */
    async epoch(): Promise<string> {
      return (await db.selectFrom('cluster').select('epoch').executeTakeFirstOrThrow()).epoch
    },

    /** Begins a new epoch after `epoch`, unless somebody has. */
    async endEpoch(epoch: string): Promise<void> {
      await db.updateTable('cluster').set({ epoch: randomUUID() }).where('epoch', '=', epoch).execute()
    },
  }
}
