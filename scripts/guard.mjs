// The last step of a whole test run: the service against what it was before its last change, in turn on this machine
// (bench/README.md, "The guard"). It fails on a clear loss alone.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './prepare.mjs'

const execute = promisify(execFile)
// What a node runs: where nothing of it differs, there is nothing to compare.
const served = ['src', 'db', 'package-lock.json']

/** Prints the comparison; undefined, with a line that says why, where there is none. */
export async function guard(folder, signal) {
  const base = await lastDifferent()
  if (base === undefined) return skip('no commit before the last change of the service is here')
  const out = join(folder, 'guard')
  const args = [join(root, 'scripts/load.mjs'), '--compare', base, '--quick', '--out', out]
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  // Not the abort signal's own way to end it: it has engines to end first.
  signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true })
  await once(child, 'exit')
  signal.throwIfAborted()
  const report = await readFile(join(out, 'load.json'), 'utf8').catch(() => undefined)
  const [compared] = report === undefined ? [] : JSON.parse(report).questions
  // A base that cannot be built or started any more is no loss of ours.
  if (compared === undefined) return skip(`${base} could not be compared with`)
  return { failures: compared.targets.filter(({ isMet }) => !isMet).map(({ measured }) => measured) }
}

function skip(reason) {
  console.log(`skipped: the guard: ${reason}`)
  return undefined
}

/** The commit before the service's last change: HEAD, when that change is not committed yet. */
async function lastDifferent() {
  try {
    if ((await git('status', '--porcelain', '--', ...served)) !== '') return await git('rev-parse', 'HEAD')
    const last = await git('log', '-1', '--format=%H', '--', ...served)
    return await git('rev-parse', '--verify', '--quiet', `${last}^`)
  } catch {
    return undefined
  }
}

async function git(...args) {
  const { stdout } = await execute('git', args, { cwd: root })
  return stdout.trim()
}
