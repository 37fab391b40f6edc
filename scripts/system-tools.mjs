// The programs that tests need and npm cannot bring: found on this machine, or installed from Debian's packages.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { Failure, say } from './prepare.mjs'

const tools = [
  { variable: 'TEST_REDIS_SERVER', commands: ['redis-server'], debian: 'redis-server' },
  // Certificates for a Redis with TLS.
  { variable: 'TEST_OPENSSL', commands: ['openssl'], debian: 'openssl' },
  {
    variable: 'TEST_CHROMIUM',
    commands: ['chromium', 'chromium-browser', 'google-chrome'],
    debian: 'chromium',
  },
  // Only the recipe in docs/scanning.md needs it: without it that is not tested, and all the rest is.
  { variable: 'TEST_CLAMD', commands: ['clamd'], debian: 'clamav-daemon', isOptional: true },
  // A few hundred kilobytes: every run tries to have it.
  {
    variable: 'TEST_PGBOUNCER',
    commands: ['pgbouncer'],
    debian: 'pgbouncer',
    isOptional: true,
    isSmall: true,
  },
]

const policy = '/usr/sbin/policy-rc.d'

/**
 * The paths of all tools, or of those whose variables are named, as variables; that of an optional tool that cannot be
 * had is not there.
 */
export async function findTools({ withOptional, variables = tools.map((tool) => tool.variable) }) {
  const wanted = tools.filter((tool) => variables.includes(tool.variable))
  const missing = wanted.filter((tool) => !find(tool))
  const needed = missing.filter((tool) => !tool.isOptional).map((tool) => tool.debian)
  if (needed.length > 0) {
    if (!canInstall())
      throw new Failure(`missing: ${needed.join(', ')} (install it, or run as root on Debian)`)
    await install(needed)
  }
  for (const tool of missing.filter((tool) => tool.isOptional && (withOptional || tool.isSmall))) {
    const isThere = () => find(tool) !== undefined
    const reason = await tryToInstall(tool.debian, isThere, () => install([tool.debian]))
    if (reason) console.log(`skipped: ${tool.commands[0]} ${reason}`)
  }
  const found = wanted.filter((tool) => find(tool) || !tool.isOptional)
  return Object.fromEntries(found.map((tool) => [tool.variable, find(tool) ?? lost(tool)]))
}

/** Debian's Postgres of a version: the folder of its binaries, or a reason why there is none. */
export async function findDebianPostgres(version) {
  const binaries = `/usr/lib/postgresql/${version}/bin`
  const isThere = () => existsSync(join(binaries, 'initdb'))
  const reason = await tryToInstall(`postgresql-${version}`, isThere, () => installWithoutCluster(version))
  return reason ? { reason } : { binaries }
}

/** For a package that the tests can do without: the reason why it is not there, undefined when it is. */
async function tryToInstall(name, isThere, installIt) {
  if (isThere()) return undefined
  if (!canInstall()) return `is not installed (package ${name})`
  const failure = await installIt().catch((error) => error)
  if (isThere()) return undefined
  return `could not be installed: ${failure?.message.trim().split('\n').at(-1) ?? 'no binaries'}`
}

/** Debian's package creates a cluster "main" when it is installed; a test run leaves none behind. */
async function installWithoutCluster(version) {
  const cluster = `/etc/postgresql/${version}/main`
  const existed = existsSync(cluster)
  try {
    await install([`postgresql-${version}`])
  } finally {
    if (!existed && existsSync(cluster)) await quietly('pg_dropcluster', ['--stop', version, 'main'])
  }
}

async function install(packages) {
  say(`installing ${packages.join(', ')} (apt-get)…`)
  const options = ['-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300']
  await withoutServices(async () => {
    await quietly('apt-get', ['update', '-qq'])
    await quietly('apt-get', ['install', ...options, ...packages])
  })
}

/** Debian starts a service with its package, unless this file says no. One that is there is the admin's word. */
async function withoutServices(body) {
  if (existsSync(policy)) return await body()
  await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    await body()
  } finally {
    await rm(policy, { force: true })
  }
}

/** Runs to the end in a group of its own: a Ctrl-C in the middle would leave packages half installed. */
async function quietly(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Failure(`${[command, ...args].join(' ')} failed (exit code ${code}):\n${output}`)
}

function canInstall() {
  return process.getuid?.() === 0 && onPath('apt-get') !== undefined
}

/** A path given by the variable itself goes first. */
function find({ variable, commands }) {
  if (process.env[variable]) return process.env[variable]
  return commands.map(onPath).find((path) => path !== undefined)
}

function lost(tool) {
  throw new Failure(`missing: ${tool.debian} was installed, but ${tool.commands[0]} is not on the PATH`)
}

/** Debian keeps daemons where only root's PATH looks. */
function onPath(command) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
  return folders.map((folder) => join(folder, command)).find(isExecutable)
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
