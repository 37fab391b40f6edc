import { join } from 'node:path'
import pg from 'pg'
import type { Child, Children } from './children.js'
import { freePort } from './free-port.js'
import { until } from './until.js'

export interface PostgresOptions {
  readonly children: Children
  readonly binaries: string
  /** A cluster that has been created. */
  readonly folder: string
  readonly password: string
  readonly log: string
}

/** Nothing that P1 leans on is turned off: the disk is waited for, and pages are whole after a crash. */
const settings = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  max_connections: '200',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
}

/** A Postgres that can be stopped in all ways, and started again on the same port and data. */
export async function createPostgres({ children, binaries, folder, password, log }: PostgresOptions) {
  const port = await freePort()
  const urlAt = (somePort: number) => `postgres://postgres:${password}@127.0.0.1:${somePort}/postgres`
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  let server: Child | undefined

  async function start(): Promise<void> {
    server = await children.start({
      command: join(binaries, 'postgres'),
      args: ['-D', folder, '-p', String(port), ...flags],
      env: {},
      log,
      ownerOf: folder,
      // Immediate, and yet clean about shared memory, which SIGKILL is not.
      endSignal: 'SIGQUIT',
    })
    await until('Postgres answers', answers, 60_000)
  }

  async function answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: urlAt(port), connectionTimeoutMillis: 2_000 })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query('SELECT 1')
      return true
    } catch {
      return false
    } finally {
      await client.end().catch(() => {})
    }
  }

  return {
    port,
    /** Our own way to it, past all proxies. */
    url: urlAt(port),
    /** The way through a proxy. */
    urlAt,
    start,
    /** SIGINT is a fast shutdown, SIGQUIT a crash: no checkpoint, recovery at the next start. */
    async stop(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
      server?.signal(signal)
      await server?.ended
    },
  }
}

export type Postgres = Awaited<ReturnType<typeof createPostgres>>
