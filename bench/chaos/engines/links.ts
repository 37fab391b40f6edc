import { Worker } from 'node:worker_threads'
import type { LinkState } from './relay.js'

/** What can be asked of a link, and what of the thread that has them. */
export type LinkOrder =
  | { readonly order: 'open'; readonly link: number; readonly farPort: number }
  | { readonly order: 'set'; readonly link: number; readonly state: LinkState }
  | { readonly order: 'cut' | 'forsake' | 'restore'; readonly link: number }

/** An order has been carried out; `port` is that of a link that was opened. */
export interface OrderDone {
  readonly id: number
  readonly port: number | undefined
}

export interface Posted {
  readonly id: number
  readonly order: LinkOrder
}

/** A way to a port on this machine whose faults are ours to choose. */
export interface Link {
  readonly port: number
  set(state: LinkState): Promise<void>
  /** Ends the connections that there are, and each that comes, until `restore`. */
  cut(): Promise<void>
  /** The connections that there are pass nothing any more, and neither side is told; new ones are well. */
  forsake(): Promise<void>
  /** Open again. Connections that have lost bytes end. */
  restore(): Promise<void>
}

/**
 * All links, in a thread of their own: what passes between a node and its engines must not wait for the clients that
 * we are as well.
 */
export function createLinks() {
  const worker = new Worker(new URL('./links-thread.ts', import.meta.url))
  const waiting = new Map<number, (done: OrderDone) => void>()
  let orders = 0
  let links = 0

  worker.on('message', (done: OrderDone) => {
    waiting.get(done.id)?.(done)
    waiting.delete(done.id)
  })

  function post(order: LinkOrder): Promise<OrderDone> {
    orders += 1
    const id = orders
    return new Promise((resolve) => {
      waiting.set(id, resolve)
      worker.postMessage({ id, order } satisfies Posted)
    })
  }

  return {
    async open(farPort: number): Promise<Link> {
      links += 1
      const link = links
      const { port } = await post({ order: 'open', link, farPort })
      if (port === undefined) throw new Error('the link has no port')
      return {
        port,
        set: async (state) => void (await post({ order: 'set', link, state })),
        cut: async () => void (await post({ order: 'cut', link })),
        forsake: async () => void (await post({ order: 'forsake', link })),
        restore: async () => void (await post({ order: 'restore', link })),
      }
    },
    end: async () => void (await worker.terminate()),
  }
}

export type Links = ReturnType<typeof createLinks>
