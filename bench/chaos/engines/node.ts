import { setTimeout as delay } from 'node:timers/promises'
import type { Child, Children } from '../../engines/children.js'
import { freePort } from '../../engines/free-port.js'
import type { Postgres } from '../../engines/postgres.js'
import type { RedisServer } from '../../engines/redis.js'
import type { Link, Links } from './links.js'

export interface NodeOptions {
  readonly children: Children
  readonly openLinks: Links
  readonly index: number
  /** Or what stands before it. */
  readonly postgres: Pick<Postgres, 'port' | 'urlAt'>
  readonly redis: RedisServer
  /** The `main.js` that is run. */
  readonly entry: string
  readonly env: Readonly<Record<string, string>>
  /** For attachments, of which there are none. */
  readonly folder: string
  readonly log: string
  /** It has ended though nobody asked it to, after it had been ready. */
  readonly onCrash: (index: number, exitCode: number | null) => void
}

const RESTART_MS = 300

/** One node of the service behind proxies of its own, started again whenever it ends, as Kubernetes does. */
export async function createNode(options: NodeOptions) {
  const { children, openLinks, index, postgres, redis, entry, env, folder, log, onCrash } = options
  const [port, wsPort, opsPort] = [await freePort(), await freePort(), await freePort()]
  const links = {
    http: await openLinks.open(port),
    raw: await openLinks.open(wsPort),
    postgres: await openLinks.open(postgres.port),
    redis: await openLinks.open(redis.port),
  } satisfies Record<string, Link>
  let child: Child | undefined
  let isWanted = false
  let wasReady = false

  async function start(): Promise<void> {
    isWanted = true
    wasReady = false
    const started = await children.start({
      command: process.execPath,
      args: [entry],
      env: {
        ...env,
        PORT: String(port),
        WS_PORT: String(wsPort),
        OPS_PORT: String(opsPort),
        DATABASE_URL: postgres.urlAt(links.postgres.port),
        REDIS_URL: `redis://127.0.0.1:${links.redis.port}`,
        DATA_DIR: folder,
      },
      log,
      endSignal: 'SIGKILL',
    })
    child = started
    void started.ended.then(async (exitCode) => {
      if (!isWanted || child !== started) return
      if (wasReady) onCrash(index, exitCode)
      await delay(RESTART_MS)
      if (isWanted && child === started) await start()
    })
  }

  return {
    index,
    links,
    start,
    /** Past the proxies: whether it says of itself that it is ready. */
    async isReady(): Promise<boolean> {
      try {
        const response = await fetch(`http://127.0.0.1:${port}/readyz`, {
          signal: AbortSignal.timeout(1_000),
        })
        await response.arrayBuffer()
        wasReady ||= response.ok
        return response.ok
      } catch {
        return false
      }
    },
    /** Ends it, and does not start it again. Gives the exit code, null when a signal has ended it. */
    async stop(signal: 'SIGKILL' | 'SIGTERM', withinMs = 60_000): Promise<number | null> {
      isWanted = false
      if (child === undefined) return null
      child.signal(signal)
      const tooLong = setTimeout(() => child?.signal('SIGKILL'), withinMs)
      const code = await child.ended
      clearTimeout(tooLong)
      return code
    },
    pause: () => child?.signal('SIGSTOP'),
    unpause: () => child?.signal('SIGCONT'),
  }
}

export type Node = Awaited<ReturnType<typeof createNode>>
