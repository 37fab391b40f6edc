import t from 'tap'
import { createPGliteDatabase } from '../../src/adapters/database-pglite.js'
import { openStore } from '../../src/store/store.js'
import { createPGliteFolder } from '../helpers/pglite.js'
import { jobQueueContract } from './job-queue.js'

await jobQueueContract(t, {
  async createPlace(t) {
    const folder = await createPGliteFolder(t)
    return { open: async () => await openStore(await createPGliteDatabase(folder)) }
  },
})
