import type { Test } from 'tap'
import { accepts, writeSettings } from '../../bench/engines/pgbouncer.js'
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
  const folder = await temporaryFolder(t)
  const port = await freePort()
  const settings = await writeSettings({ folder, port, server: new URL(databaseUrl), connections })
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
