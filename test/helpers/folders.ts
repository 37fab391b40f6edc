import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** A folder that is removed at the test's end. */
export async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-'))
  t.teardown(async () => await rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}

/** The files below a folder, by their paths in it; none when there is no such folder. */
export async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const found = await Promise.all(
    names.map(async (name) => ({ name, is: await stat(join(folder, name)).catch(() => undefined) })),
  )
  return found.filter(({ is }) => is?.isFile()).map(({ name }) => name)
}
