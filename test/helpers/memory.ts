import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { z } from 'zod'
import { temporaryFolder } from './folders.js'

const program = fileURLToPath(new URL('memory-of.mjs', import.meta.url))

/** What the service as it is built answers about a file, and by how many megabytes its process grows meanwhile. */
export async function memoryOf(t: Test, work: 'type' | 'thumbnail', file: Buffer) {
  const path = join(await temporaryFolder(t), 'file')
  await writeFile(path, file)
  const { stdout } = await promisify(execFile)(process.execPath, [program, work, path])
  return z.object({ answer: z.unknown(), megabytes: z.number() }).parse(JSON.parse(stdout))
}
