import { Redis } from 'ioredis'
import type { Child, Children } from './children.js'
import { freePort } from './free-port.js'
import { until } from './until.js'

export interface RedisOptions {
  readonly children: Children
  readonly command: string
  readonly folder: string
  readonly log: string
  /** Further arguments. */
  readonly more?: readonly string[]
}

/** A Redis that keeps nothing, which can be killed, paused and emptied. */
export async function createRedis({ children, command, folder, log, more = [] }: RedisOptions) {
  const port = await freePort()
  let server: Child | undefined

  async function start(): Promise<void> {
    server = await children.start({
      command,
      args: [
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
      ],
      env: {},
      log,
      endSignal: 'SIGKILL',
    })
    await until('Redis answers', answers, 20_000)
  }

  async function answers(): Promise<boolean> {
    return await ask('PING').then(
      (answer) => answer === 'PONG',
      () => false,
    )
  }

  /** One command, on a connection of its own. @throws when Redis does not answer within 2 s */
  async function ask(command: string, ...args: string[]): Promise<unknown> {
    const client = new Redis({
      port,
      host: '127.0.0.1',
      lazyConnect: true,
      connectTimeout: 2_000,
      commandTimeout: 2_000,
      retryStrategy: () => null,
    })
    client.on('error', () => {})
    try {
      await client.connect()
      return await client.call(command, ...args)
    } finally {
      client.disconnect()
    }
  }

  return {
    port,
    start,
    ask,
    async kill(): Promise<void> {
      server?.signal('SIGKILL')
      await server?.ended
    },
    /** Of the running one. @throws when there is none */
    pid(): number {
      if (server === undefined) throw new Error('Redis does not run')
      return server.pid
    },
    pause: () => server?.signal('SIGSTOP'),
    unpause: () => server?.signal('SIGCONT'),
  }
}

export type RedisServer = Awaited<ReturnType<typeof createRedis>>
