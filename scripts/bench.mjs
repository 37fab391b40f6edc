// What npm run bench, npm run chaos and npm run scenario share: the programs that a bench starts its engines from, a
// folder for what those write, and the run itself.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCluster, embeddedBinaries, isOpenToAll } from './postgres-server.mjs'
import { Failure, main, prepare, root } from './prepare.mjs'
import { findTools } from './system-tools.mjs'

/**
 * Runs the TypeScript file at this path below the repository with our own arguments, and ends with its exit code;
 * `prepareMore` is for what it needs besides, `programs` are the variables of more programs that it runs.
 */
export async function runBench(path, { prepareMore = async () => {}, programs = [] } = {}) {
  const interrupt = new AbortController()
  const { signal } = interrupt
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(name, () => {
      process.exitCode = 128 + constants.signals[name]
      interrupt.abort(new Failure(`stopped by ${name}`))
    })
  }

  await main(async () => {
    await prepare({ signal })
    await prepareMore({ signal })
    const tools = await findTools({ withOptional: false, variables: ['TEST_REDIS_SERVER', ...programs] })
    // Root's own temporary folder may be closed to the user that Postgres runs as.
    const folder = await mkdtemp(join(isOpenToAll(tmpdir()) ? tmpdir() : '/tmp', 'parley-bench-'))
    try {
      await chmod(folder, 0o711)
      await run(path, { ...tools, ...(await createDatabase(folder)) }, signal)
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    }
  })
}

async function createDatabase(folder) {
  const binaries = await embeddedBinaries(join(folder, 'binaries'))
  const database = { binaries, folder: join(folder, 'postgres'), password: randomBytes(12).toString('hex') }
  await createCluster(database)
  return {
    BENCH_POSTGRES_BINARIES: binaries,
    BENCH_POSTGRES_FOLDER: database.folder,
    BENCH_POSTGRES_PASSWORD: database.password,
  }
}

async function run(path, env, signal) {
  signal.throwIfAborted()
  const flags = ['--import', join(root, 'scripts/typescript.mjs'), '--enable-source-maps']
  const child = spawn(process.execPath, [...flags, path, ...process.argv.slice(2)], {
    cwd: root,
    env: { ...process.env, ...env },
    // A group of its own: a Ctrl-C is for us, and what it has started and could not end is in it.
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  // It ends what it has started, and then itself.
  signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true })
  const [code] = await once(child, 'exit')
  endGroup(child.pid)
  process.exitCode ||= code ?? 1
}

function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}
