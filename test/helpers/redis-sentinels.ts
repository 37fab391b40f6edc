import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { type Certificates, tlsArguments } from './certificates.js'
import { until } from './clients.js'
import { temporaryFolder } from './folders.js'
import { freePort, startProcess } from './processes.js'
import { type RedisServer, startRedis } from './redis.js'

export interface Sentinel {
  /** With TLS where there is TLS. */
  readonly port: number
  ask(...command: string[]): Promise<unknown>
}

export interface WatchedRedis {
  /** The master at first, and its replica. */
  readonly servers: readonly [RedisServer, RedisServer]
  readonly sentinels: readonly Sentinel[]
  /** Of the sentinels, for `REDIS_URL`. */
  readonly url: string
  /** The port of the master, as a sentinel says. */
  masterPort(): Promise<number>
}

export const SENTINEL_NAME = 'parley'
const SENTINELS = 3

/** A Redis with a replica, and three real sentinels that watch them: by TLS, where there are certificates. */
export async function startSentinels(t: Test, certificates?: Certificates): Promise<WatchedRedis> {
  const tls = async (): Promise<string[]> =>
    certificates === undefined ? [] : tlsArguments(certificates, await freePort())
  const [ofMaster, ofReplica] = [await tls(), await tls()]
  const master = await startRedis(t, ['--repl-diskless-sync-delay', '0', ...ofMaster])
  const masterPort = Number(ofMaster[1] ?? master.port)
  const replica = await startRedis(t, [
    ...['--repl-diskless-sync-delay', '0', '--replicaof', '127.0.0.1', String(masterPort)],
    ...ofReplica,
  ])
  const sentinels = await Promise.all(
    Array.from({ length: SENTINELS }, async () => await startSentinel(t, masterPort, await tls())),
  )
  await until(async () => {
    const told = await Promise.all(sentinels.map(({ ask }) => ask('SENTINEL', 'MASTER', SENTINEL_NAME)))
    return told.every(knowsAll)
  }, 'the sentinels know each other and the replica')

  return {
    servers: [master, replica],
    sentinels,
    url: sentinels.map(({ port }) => `redis://127.0.0.1:${port}`).join(','),
    async masterPort() {
      const answer = await sentinels[0]?.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', SENTINEL_NAME)
      return Array.isArray(answer) ? Number(answer[1]) : 0
    },
  }
}

function knowsAll(fields: unknown): boolean {
  if (!Array.isArray(fields)) return false
  const of = (name: string) => Number(fields[fields.indexOf(name) + 1])
  return of('num-other-sentinels') === SENTINELS - 1 && of('num-slaves') === 1
}

async function startSentinel(t: Test, masterPort: number, tls: readonly string[]): Promise<Sentinel> {
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
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  const child = startProcess(t, command, [file, '--sentinel', ...tls], {})
  await until(() => {
    if (child.hasExited()) throw new Error(`the sentinel has ended:\n${child.output()}`)
    return child.output().includes('+monitor')
  }, 'the sentinel runs')
  const admin = new Redis({ port, maxRetriesPerRequest: 0 })
  admin.on('error', () => {})
  t.teardown(() => admin.disconnect())
  return {
    port: Number(tls[1] ?? port),
    ask: async (...[name = '', ...args]) => await admin.call(name, ...args),
  }
}
