import { cp, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import type { Test } from 'tap'
import { temporaryFolder } from './folders.js'

/** Made once for a test run, whose temporary folder it goes with: making one takes seconds, copying it does not. */
const template = join(tmpdir(), 'parley-pglite-template')

/** A data folder with an empty embedded database in it, as the first start of a node makes one. */
export async function createPGliteFolder(t: Test): Promise<string> {
  if (!(await exists(template))) await makeTemplate()
  const folder = await temporaryFolder(t)
  await cp(template, join(folder, 'pglite'), { recursive: true })
  return folder
}

/** Test files run side by side: of several that make it at once, one moves it into its place. */
async function makeTemplate(): Promise<void> {
  const draft = await mkdtemp(join(tmpdir(), 'parley-pglite-draft-'))
  const database = await PGlite.create(join(draft, 'pglite'))
  await database.close()
  try {
    await rename(join(draft, 'pglite'), template)
  } catch (error) {
    if (!(await exists(template))) throw error
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}
