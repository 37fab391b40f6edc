// node scripts/run-files.mjs <test files>: each in a process of its own, three at a time, as one stream of TAP. The
// command `tap` does the same, but starts a compiler and a recorder of coverage in every process: four seconds of
// the processor for each file, before its first test.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { compile } from './compile.mjs'
import { root } from './prepare.mjs'

// One more than the machine has cores: most tests wait for something now and then.
const jobs = 3
const timeoutSeconds = Number(process.env.TEST_TIMEOUT_SECONDS ?? 120)

// Before the compiler, which may take its time.
t.setTimeout(0)

// Once here, not in the processes: whoever has something to compile loads the compiler.
for (const folder of ['src', 'test']) {
  const names = await readdir(join(root, folder), { recursive: true })
  for (const name of names.filter((name) => name.endsWith('.ts'))) await compile(join(root, folder, name))
}

const env = { ...process.env, TAP_TIMEOUT: String(timeoutSeconds) }
t.jobs = jobs
for (const file of process.argv.slice(2)) {
  const flags = ['--import', join(root, 'scripts/typescript.mjs'), '--enable-source-maps']
  // NODE_OPTIONS is where t.spawn puts that recorder.
  const args = ['-u', 'NODE_OPTIONS', process.execPath, ...flags, file]
  t.spawn('env', args, { env, cwd: root, timeout: timeoutSeconds * 1_000, buffered: true }, file)
}
