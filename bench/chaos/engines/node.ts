import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Child, Children } from '../../engines/children.js'
import { freePort } from '../../engines/free-port.js'
import type { Postgres } from '../../engines/postgres.js'
import type { Link, Links } from './links.js'

export interface NodeOptions {
  readonly children: Children
  readonly openLinks: Links
  readonly index: number
  /** Or what stands before it. */
  readonly postgres: Pick<Postgres, 'port' | 'urlAt'>
  /** A server, reached by a link; or the addresses of a cluster, which tells all of its own and is reached past it. */
  readonly redis: { readonly port: number | undefined; readonly url: string | undefined }
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
    redis: await openLinks.open(redis.port ?? 0),
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
        REDIS_URL: redis.url ?? `redis://127.0.0.1:${links.redis.port}`,
        ...(redis.url !== undefined && { REDIS_MODE: 'cluster' }),
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

  /** The processes that it has started itself: none, or its workers. */
  async function workers(): Promise<number[]> {
    if (child === undefined) return []
    const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').catch(() => '')
    return children.split(' ').flatMap((pid) => (pid === '' ? [] : [Number(pid)]))
  }

  async function signalAll(signal: NodeJS.Signals): Promise<void> {
    const pids = await workers()
    child?.signal(signal)
    for (const pid of pids) kill(pid, signal)
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
      // A lost machine loses its workers too; one that is told to end tells them by itself.
      if (signal === 'SIGKILL') await signalAll(signal)
      else child.signal(signal)
      const tooLong = setTimeout(() => void signalAll('SIGKILL'), withinMs)
      const code = await child.ended
      clearTimeout(tooLong)
      return code
    },
    pause: () => signalAll('SIGSTOP'),
    unpause: () => signalAll('SIGCONT'),
    /** One of its workers, as if it had crashed. */
    async killWorker(): Promise<void> {
      const [worker] = await workers()
      if (worker !== undefined) kill(worker, 'SIGKILL')
    },
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended by itself.
  }
}

export type Node = Awaited<ReturnType<typeof createNode>>
