import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmod, chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Test } from 'tap'
import { exitOf } from './main.js'
import { freePort, type StartedProcess, startProcess, until } from './processes.js'

const binaries = process.env.TEST_DEBIAN_POSTGRES

/** Why the tests with a Postgres of their own are left out; false where Debian's is here. */
export const noOwnPostgres = binaries
  ? false
  : "TEST_DEBIAN_POSTGRES is not set: Debian's postgresql-15 is not here"

/** Nothing here is about a machine that loses its power. */
const SETTINGS = {
  fsync: 'off',
  full_page_writes: 'off',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
}

/** A Postgres of the test's own, with what belongs to Debian's package beside it. */
export interface OwnPostgres {
  readonly url: string
  readonly folder: string
  readonly pid: number
  /** A program of the package, as the user whom the server is, to its end. @throws when it fails */
  run(program: string, ...args: string[]): Promise<string>
  /** As the superuser, on a connection of its own. */
  ask(statement: string, values?: unknown[]): Promise<Record<string, unknown>[]>
  stop(): Promise<void>
  start(): Promise<void>
}

/** Postgres refuses to be root. */
const owner =
  process.getuid?.() === 0
    ? { uid: Number(execFileSync('id', ['-u', 'nobody'])), gid: Number(execFileSync('id', ['-g', 'nobody'])) }
    : undefined

/** Runs a program of the package to its end. @throws when it fails */
async function run(t: Test, program: string, args: readonly string[]): Promise<string> {
  if (binaries === undefined) throw new Error('TEST_DEBIAN_POSTGRES is not set')
  const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' }
  const child = startProcess(t, join(binaries, program), args, env, { ...owner, cwd: '/' })
  if ((await exitOf(child)) !== 0) throw new Error(`${program} failed:\n${child.output()}`)
  return child.output()
}

/** A folder that the server's user can make its data in, removed at the test's end. */
export async function serverFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-'))
  t.teardown(async () => await rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  await chmod(folder, 0o755)
  if (owner !== undefined) await chown(folder, owner.uid, owner.gid)
  return folder
}

/** An empty cluster, and the server on it. */
export async function startOwnPostgres(t: Test, settings: Record<string, string> = {}): Promise<OwnPostgres> {
  const folder = join(await serverFolder(t), 'data')
  const args = ['-D', folder, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8']
  await run(t, 'initdb', [...args, '--no-sync'])
  return await serve(t, folder, settings)
}

/** A streaming replica of it. */
export async function startReplica(t: Test, primary: OwnPostgres): Promise<OwnPostgres> {
  const folder = join(await serverFolder(t), 'data')
  await run(t, 'pg_basebackup', ['-D', folder, '-d', primary.url, '-R', '-c', 'fast', '--no-sync'])
  return await serve(t, folder, {})
}

async function serve(t: Test, folder: string, settings: Record<string, string>): Promise<OwnPostgres> {
  const port = await freePort()
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  const flags = Object.entries({ ...SETTINGS, ...settings }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])

  async function launch(): Promise<StartedProcess> {
    const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' }
    const args = ['-D', folder, '-p', String(port), ...flags]
    const server = startProcess(t, join(binaries ?? '', 'postgres'), args, env, { ...owner, cwd: '/' })
    // A server that is killed leaves its children and their memory: this one is told to end at once.
    t.teardown(async () => {
      if (!server.hasExited()) await server.stop('SIGQUIT')
    })
    await until(server, 'Postgres', 60_000, async () => await answers(url))
    return server
  }

  let server = await launch()
  return {
    url,
    folder,
    get pid() {
      return server.pid
    },
    run: async (program, ...args) => await run(t, program, args),
    ask: async (statement, values) => await ask(url, statement, values),
    async stop() {
      await server.stop('SIGQUIT')
    },
    async start() {
      server = await launch()
    },
  }
}

/** A new database of this server, empty. */
export async function createOwnDatabase(server: OwnPostgres): Promise<string> {
  const name = `parley_${randomUUID().replaceAll('-', '')}`
  await server.ask(`create database ${name}`)
  const url = new URL(server.url)
  url.pathname = `/${name}`
  return url.href
}

export async function ask(
  url: string,
  statement: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(statement, values)
    return rows
  } finally {
    await client.end()
  }
}

async function answers(url: string): Promise<boolean> {
  return await ask(url, 'select 1').then(
    () => true,
    () => false,
  )
}
