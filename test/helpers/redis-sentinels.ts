import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { until } from './clients.js'
import { temporaryFolder } from './folders.js'
import { freePort, startProcess } from './processes.js'
import { type RedisServer, startRedis } from './redis.js'

export interface WatchedRedis {
  /** The master at first, and its replica. */
  readonly servers: readonly [RedisServer, RedisServer]
  /** Of the sentinels, for `REDIS_URL`. */
  readonly url: string
  readonly sentinelPorts: readonly number[]
  /** The port of the master, as a sentinel says. */
  masterPort(): Promise<number>
}

export const SENTINEL_NAME = 'parley'
const SENTINELS = 3

/** A Redis with a replica, and three real sentinels that watch them; `more` are lines of the sentinels' configuration. */
export async function startSentinels(
  t: Test,
  { server = [] as readonly string[], more = [] as readonly string[] } = {},
): Promise<WatchedRedis> {
  const master = await startRedis(t, ['--repl-diskless-sync-delay', '0', ...server])
  const replica = await startRedis(t, [
    ...['--repl-diskless-sync-delay', '0', '--replicaof', '127.0.0.1', String(master.port)],
    ...server,
  ])
  const sentinelPorts = await Promise.all(
    Array.from({ length: SENTINELS }, () => startSentinel(t, master.port, more)),
  )
  const admins = sentinelPorts.map((port) => {
    const admin = new Redis({ port, maxRetriesPerRequest: 0 })
    admin.on('error', () => {})
    t.teardown(() => admin.disconnect())
    return admin
  })
  await until(async () => {
    const told = await Promise.all(admins.map((admin) => admin.call('SENTINEL', 'MASTER', SENTINEL_NAME)))
    return told.every((fields) => knowsAll(fields))
  }, 'the sentinels know each other and the replica')

  return {
    servers: [master, replica],
    url: sentinelPorts.map((port) => `redis://127.0.0.1:${port}`).join(','),
    sentinelPorts,
    async masterPort() {
      const answer = await admins[0]?.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', SENTINEL_NAME)
      return Array.isArray(answer) ? Number(answer[1]) : 0
    },
  }
}

function knowsAll(fields: unknown): boolean {
  if (!Array.isArray(fields)) return false
  const of = (name: string) => Number(fields[fields.indexOf(name) + 1])
  return of('num-other-sentinels') === SENTINELS - 1 && of('num-slaves') === 1
}

async function startSentinel(t: Test, masterPort: number, more: readonly string[]): Promise<number> {
  const command = process.env.TEST_REDIS_SERVER
  if (!command) throw new Error('TEST_REDIS_SERVER is not set: run the tests through npm test')
  const port = await freePort()
  const folder = await temporaryFolder(t)
  const file = join(folder, 'sentinel.conf')
  const lines = [
    ...[`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`],
    `sentinel monitor ${SENTINEL_NAME} 127.0.0.1 ${masterPort} 2`,
    `sentinel down-after-milliseconds ${SENTINEL_NAME} 1000`,
    `sentinel failover-timeout ${SENTINEL_NAME} 5000`,
    ...more,
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  const child = startProcess(t, command, [file, '--sentinel'], {})
  await until(() => {
    if (child.hasExited()) throw new Error(`the sentinel has ended:\n${child.output()}`)
    return child.output().includes('+monitor')
  }, 'the sentinel runs')
  return port
}
