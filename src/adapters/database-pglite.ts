import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { PGliteDialect } from 'kysely'
import type { Database } from '../ports/database.js'
import { lockFolder } from './folder-lock.js'

const INT8 = 20

/**
 * Postgres inside this process, its files in `dataDir`. Two processes on one folder would both seem to work and
 * lose everything: the folder is locked first.
 */
export async function createPGliteDatabase(dataDir: string): Promise<Database> {
  await mkdir(dataDir, { recursive: true })
  const unlock = await lockFolder(dataDir)
  const dialect = new PGliteDialect({
    pglite: async () => await PGlite.create(join(dataDir, 'pglite'), { parsers: { [INT8]: Number } }),
  })
  return { dialect, release: unlock }
}
