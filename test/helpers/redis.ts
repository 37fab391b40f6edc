import { connect } from 'node:net'
import type { Test } from 'tap'
import { loadConfig, type RedisConfig } from '../../src/config.js'
import { temporaryFolder } from './folders.js'
import { freePort, type StartedProcess, startProcess, until } from './processes.js'

/** A Redis of the test's own. */
export interface RedisServer {
  readonly url: string
  readonly port: number
  /** Of the process that runs now; another one after a restart. */
  readonly pid: number
  stop(signal?: NodeJS.Signals): Promise<void>
  /** On the same port again, empty: nothing is persisted. */
  start(): Promise<void>
}

/** Starts a Redis that is ready when this resolves, and killed at the test's end. */
export async function startRedis(t: Test, more: readonly string[] = []): Promise<RedisServer> {
  const command = process.env.TEST_REDIS_SERVER
  if (!command) throw new Error('TEST_REDIS_SERVER is not set: run the tests through npm test')
  const port = await freePort()
  const folder = await temporaryFolder(t)
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
    ...more,
  ]

  const launch = async (): Promise<StartedProcess> => {
    const child = startProcess(t, command, args, {})
    await until(child, `redis on port ${port}`, 10_000, () => pings(port))
    return child
  }

  let current = await launch()
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return current.pid
    },
    stop: async (signal) => {
      await current.stop(signal)
    },
    start: async () => {
      await current.stop()
      current = await launch()
    },
  }
}

/** What a node makes of `REDIS_URL` and its companions. */
export function accessTo(url: string, env: NodeJS.ProcessEnv = {}): RedisConfig {
  const { redis } = loadConfig({
    DATABASE_URL: 'postgres://none',
    JWT_SECRET: 'none',
    REDIS_URL: url,
    ...env,
  })
  if (redis === undefined) throw new Error('no Redis is configured')
  return redis
}

/** Whether Redis answers: it opens its port before it serves. */
function pings(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'))
    const settle = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(1_000, () => settle(false))
    socket.once('error', () => settle(false))
    socket.once('data', (data) => settle(data.toString().startsWith('+PONG')))
  })
}
