import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite, type QueryOptions, type Results } from '@electric-sql/pglite'
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
    pglite: async () =>
      withScripts(await PGlite.create(join(dataDir, 'pglite'), { parsers: { [INT8]: Number } })),
  })
  return { dialect, up: true, onReturn() {}, release: unlock }
}

/**
 * PGlite's `query` takes one statement. One without parameters goes by `exec`, which takes several, as node-postgres
 * makes the difference too: so a library's script finds one database on both engines. Not within a transaction.
 */
function withScripts(pglite: PGlite) {
  /** What its rows are is known to the caller alone, here as in PGlite. */
  function query<T>(text: string, parameters?: unknown[], options?: QueryOptions): Promise<Results<T>>
  async function query(text: string, parameters: unknown[] = [], options?: QueryOptions): Promise<Results> {
    if (parameters.length > 0) return await pglite.query(text, parameters, options)
    return (await pglite.exec(text, options)).at(-1) ?? { rows: [], fields: [] }
  }
  const { waitReady } = pglite
  return {
    query,
    transaction: pglite.transaction.bind(pglite),
    close: pglite.close.bind(pglite),
    waitReady,
    get ready() {
      return pglite.ready
    },
    get closed() {
      return pglite.closed
    },
  }
}
