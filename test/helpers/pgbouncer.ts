import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Test } from 'tap'
import { temporaryFolder } from './folders.js'
import { freePort, type StartedProcess, startProcess, until } from './processes.js'

/** Why the tests with a PgBouncer are left out; false where there is one. */
export const noPgBouncer = process.env.TEST_PGBOUNCER
  ? false
  : 'TEST_PGBOUNCER is not set: pgbouncer is not here'

/** A PgBouncer that shares connections by transaction. */
export interface PgBouncer {
  /** The way to the same database through it. */
  readonly url: string
  /** All that it has written so far. */
  output(): string
  /** At once: nobody is told, as when its machine is lost. */
  stop(): Promise<void>
  start(): Promise<void>
}

/**
 * In front of the database of `url`, with so few connections that sessions do share them. Nothing in its settings is
 * there for Parley's sake.
 */
export async function startPgBouncer(t: Test, databaseUrl: string, connections = 3): Promise<PgBouncer> {
  const command = process.env.TEST_PGBOUNCER
  if (!command) throw new Error('TEST_PGBOUNCER is not set')
  const { hostname, port: serverPort, username, password } = new URL(databaseUrl)
  const folder = await temporaryFolder(t)
  const port = await freePort()
  const users = join(folder, 'users.txt')
  const settings = join(folder, 'pgbouncer.ini')
  await writeFile(users, `"${username}" "${password}"\n`, { mode: 0o644 })
  await writeFile(
    settings,
    `[databases]
* = host=${hostname} port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = transaction
default_pool_size = ${connections}
max_client_conn = 500
`,
    { mode: 0o644 },
  )
  // It does not run as root, and reads its settings before it becomes somebody else.
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : []

  async function launch(): Promise<StartedProcess> {
    const child = startProcess(t, command ?? '', [...user, settings], { PATH: process.env.PATH })
    await until(child, 'PgBouncer', 10_000, () => accepts(port))
    return child
  }

  let current = await launch()
  const url = new URL(databaseUrl)
  url.host = `127.0.0.1:${port}`
  return {
    url: url.href,
    output: () => current.output(),
    async stop() {
      await current.stop('SIGKILL')
    },
    async start() {
      await current.stop('SIGKILL')
      current = await launch()
    },
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const settle = (isOpen: boolean): void => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
  })
}
