import cluster from 'node:cluster'
import type { Socket } from 'node:net'
import type { Upgrade } from '../socketio/owners.js'
import { asSocket, readToWorker, type ToSupervisor } from './messages.js'

/** A worker's end of the channel to its supervisor. */
export function createWorkerLink() {
  const self = String(cluster.worker?.id)
  let doors: Record<string, number> = {}
  let secret: string | undefined
  let doorPort = 0
  let onUpgrade: (upgrade: Upgrade, socket: Socket) => void = () => {}
  let onClose: () => void = () => {}
  let readMetrics: () => Promise<object[]> = async () => []

  process.on('message', (given: unknown, handle: unknown) => {
    const message = readToWorker(given)
    if (message?.type === 'doors') ({ secret, ports: doors } = message)
    else if (message?.type === 'close') onClose()
    else if (message?.type === 'metrics') void tellMetrics(message.ask)
    else if (message?.type === 'upgrade') {
      const socket = asSocket(handle)
      if (socket !== undefined) onUpgrade(message.upgrade, socket)
    }
  })
  // The supervisor has gone without a word. Node would end the process at once, unless it was meant to be: we drain.
  if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true
  process.on('disconnect', () => onClose())

  function tell(message: ToSupervisor, socket?: Socket): void {
    if (process.connected) process.send?.(message, socket)
    else socket?.destroy()
  }

  async function tellMetrics(ask: number): Promise<void> {
    tell({ type: 'metrics', ask, metrics: await readMetrics() })
  }

  return {
    self,
    get secret() {
      return secret
    },
    opened(port: number) {
      doorPort = port
    },
    doorOf: (worker: string) => doors[worker],
    handOver: (to: string, upgrade: Upgrade, socket: Socket) =>
      tell({ type: 'upgrade', to, upgrade }, socket),
    onHandedOver(listener: (upgrade: Upgrade, socket: Socket) => void) {
      onUpgrade = listener
    },
    /** What the supervisor adds up with those of the others. */
    onMetrics(read: () => Promise<object[]>) {
      readMetrics = read
    },
    /** The supervisor wants this worker to end, or has ended itself. */
    onClose(listener: () => void) {
      onClose = listener
    },
    ready: (port: number, wsPort: number) => tell({ type: 'ready', port, wsPort, doorPort }),
  }
}
