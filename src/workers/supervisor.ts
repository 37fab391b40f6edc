import cluster, { type Worker } from 'node:cluster'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { Logger } from 'pino'
import { asSocket, readToSupervisor, type ToWorker } from './messages.js'
import { createWorkerMetrics } from './worker-metrics.js'

/** A worker that ends by itself is started again after this, doubled for each one that ended before it was ready. */
const RESTART_MS = 100
const RESTART_MOST_MS = 10_000

export interface Supervisor {
  /** Of all workers together. */
  readonly metrics: ReturnType<typeof createWorkerMetrics>
  readonly port: number
  readonly wsPort: number
  /** All workers end in good order. Resolves with false when one of them did not. */
  close(): Promise<boolean>
  /** At once, whatever they are doing. */
  kill(): void
}

/**
 * Several nodes on one machine, each a process of its own on a core of its own. The kernel spreads WebSocket
 * connections over them, `node:cluster` the HTTP ones; one that dies is started again.
 *
 * Resolves when all are ready. @throws Error when one of them ends before: its log says why
 */
export async function startWorkers(count: number, logger: Logger): Promise<Supervisor> {
  const secret = randomBytes(32).toString('base64url')
  /** Those that are ready, and the port of their door. */
  const doors = new Map<Worker, number>()
  let isClosing = false
  let hasStarted = false
  let failures = 0
  let isCalm = true

  function tellDoors(): void {
    const ports = Object.fromEntries([...doors].map(([{ id }, port]) => [id, port]))
    for (const worker of doors.keys()) tell(worker, { type: 'doors', secret, ports })
  }

  function tell(worker: Worker, message: ToWorker): void {
    if (worker.isConnected()) worker.send(message)
  }

  cluster.on('message', (worker, given: unknown, handle: unknown) => {
    const message = readToSupervisor(given)
    if (message?.type === 'ready') {
      failures = 0
      doors.set(worker, message.doorPort)
      tellDoors()
    } else if (message?.type === 'upgrade') {
      const { to, upgrade } = message
      const socket = asSocket(handle)
      if (socket === undefined) return
      const owner = cluster.workers?.[to]
      // This process' own view of it ends in any case: the worker that it came from waits for that when it closes.
      if (owner?.isConnected())
        owner.send({ type: 'upgrade', upgrade } satisfies ToWorker, socket, () => socket.destroy())
      else socket.destroy()
    }
  })

  cluster.on('exit', (worker, code, signal) => {
    const wasReady = doors.delete(worker)
    if (isClosing) {
      isCalm &&= code === 0
      return
    }
    if (!hasStarted) return
    failures += wasReady ? 0 : 1
    const restartMs = Math.min(RESTART_MOST_MS, RESTART_MS * 2 ** failures)
    logger.error(
      { worker: String(worker.id), code, signal, restartMs },
      'a worker has ended: another one is started',
    )
    tellDoors()
    setTimeout(() => {
      if (!isClosing) cluster.fork()
    }, restartMs)
  })

  const workers = Array.from({ length: count }, () => cluster.fork())
  const ports = await Promise.all(workers.map(readiness))
  hasStarted = true
  const [{ port, wsPort } = { port: 0, wsPort: 0 }] = ports

  return {
    port,
    wsPort,
    metrics: createWorkerMetrics(() => doors.keys()),
    async close() {
      isClosing = true
      const left = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
      await Promise.all(
        left.map(async (worker) => {
          const gone = once(worker, 'exit')
          tell(worker, { type: 'close' })
          await gone
        }),
      )
      return isCalm
    },
    kill() {
      for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL')
    },
  }
}

/** Resolves with the ports that it listens on. @throws Error when it ends before */
async function readiness(worker: Worker): Promise<{ port: number; wsPort: number }> {
  return await new Promise((resolve, reject) => {
    worker.on('message', (given: unknown) => {
      const message = readToSupervisor(given)
      if (message?.type === 'ready') resolve(message)
    })
    worker.once('exit', () => reject(new Error('a worker could not start')))
  })
}
