import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { z } from 'zod'
import { temporaryFolder } from '../helpers/folders.js'

export const root = fileURLToPath(new URL('../..', import.meta.url))

const report = z.object({
  counts: z.record(z.string(), z.number()),
  violations: z.array(z.object({ kind: z.string(), text: z.string() })),
  faults: z.array(z.object({ name: z.string(), healedAt: z.number().nullable() })),
  figures: z.object({ counts: z.object({ acked: z.number(), pushed: z.number(), resumes: z.number() }) }),
})

/** Runs `npm run chaos` with these flags, as anyone does. Gives its exit code, its output and its report. */
export async function runChaos(t: Test, flags: Record<string, string>) {
  const out = await temporaryFolder(t)
  const args = Object.entries({ ...flags, out }).flatMap(([name, value]) => [`--${name}`, value])
  const child = spawn(process.execPath, ['scripts/chaos.mjs', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGTERM'))
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  const [code] = await once(child, 'close')
  const text = await readFile(join(out, 'chaos-report.json'), 'utf8').catch(() => {
    throw new Error(`there is no report:\n${output}`)
  })
  const page = await readFile(join(out, 'chaos-report.html'), 'utf8')
  return { code, output, page, report: report.parse(JSON.parse(text)) }
}
