import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Child, Children } from './children.js'
import { freePort } from './free-port.js'
import type { Postgres } from './postgres.js'
import { until } from './until.js'

export interface PgBouncerOptions {
  readonly children: Children
  readonly command: string
  /** For its settings. */
  readonly folder: string
  readonly postgres: Postgres
  /** Runs as the owner of this folder: it refuses to be root. */
  readonly ownerOf: string
  readonly log: string
}

/** Fewer than two nodes would have: connections are shared. */
const CONNECTIONS = 12

/** A PgBouncer that shares connections by transaction, as it is when nothing is set for Parley's sake. */
export async function createPgBouncer(options: PgBouncerOptions) {
  const { children, command, folder, postgres, ownerOf, log } = options
  const port = await freePort()
  const settings = await writeSettings({
    folder,
    port,
    server: new URL(postgres.url),
    connections: CONNECTIONS,
  })
  let server: Child | undefined

  async function start(): Promise<void> {
    server = await children.start({
      ...{ command, args: [settings], env: {}, log, ownerOf },
      endSignal: 'SIGKILL',
    })
    await until('PgBouncer answers', () => accepts(port), 20_000)
  }

  return {
    port,
    start,
    async kill(): Promise<void> {
      server?.signal('SIGKILL')
      await server?.ended
    },
  }
}

interface Settings {
  readonly folder: string
  readonly port: number
  /** With the user that it may let in. */
  readonly server: URL
  /** To the server, at most. */
  readonly connections: number
}

/** Nothing in them is there for Parley's sake. Gives the path of the file. */
export async function writeSettings({ folder, port, server, connections }: Settings): Promise<string> {
  const { hostname, username, password } = server
  const path = join(folder, 'pgbouncer.ini')
  // Read by somebody else than us; the password is that of this run alone.
  const mode = { mode: 0o644 }
  await writeFile(`${path}.users`, `"${username}" "${password}"\n`, mode)
  await writeFile(
    path,
    `[databases]
* = host=${hostname} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${path}.users
pool_mode = transaction
default_pool_size = ${connections}
max_client_conn = 1000
`,
    mode,
  )
  return path
}

export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
