import t from 'tap'
import { createPostgresDatabase } from '../../src/adapters/database-postgres.js'
import { openStore } from '../../src/store/store.js'
import { noPgBouncer, startPgBouncer } from '../helpers/pgbouncer.js'
import { createDatabase } from '../helpers/postgres.js'
import { silent } from '../helpers/stores.js'
import { jobQueueContract } from './job-queue.js'

t.test('behind a PgBouncer that shares connections by transaction', { skip: noPgBouncer }, async (t) => {
  await jobQueueContract(t, {
    async createPlace(t) {
      const { url } = await startPgBouncer(t, (await createDatabase(t)).url, 10)
      return {
        open: async () => await openStore(createPostgresDatabase(url, 4, silent, { prepares: false })),
      }
    },
  })
})
