import { parentPort } from 'node:worker_threads'
import type { OrderDone, Posted } from './links.js'
import { createRelay, type Relay } from './relay.js'

/** The thread of links.ts: it has the relays, and does with them what it is told. */

const relays = new Map<number, Relay>()

async function carryOut({ order }: Posted): Promise<number | undefined> {
  if (order.order === 'open') {
    const relay = await createRelay(order.farPort)
    relays.set(order.link, relay)
    return relay.port
  }
  const relay = relays.get(order.link)
  if (order.order === 'set') relay?.set(order.state)
  else relay?.[order.order]()
  return undefined
}

parentPort?.on('message', async (posted: Posted) => {
  const port = await carryOut(posted)
  parentPort?.postMessage({ id: posted.id, port } satisfies OrderDone)
})
