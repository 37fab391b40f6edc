import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** A folder that is removed at the test's end. */
export async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-'))
  t.teardown(async () => await rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}
