import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { createPair, type Pair } from './pair.js'

/** What a link does to the connections that go through it. */
export type LinkState =
  | { readonly kind: 'open' }
  /** Nothing passes, nothing ends: a machine that has gone, or a full router. */
  | { readonly kind: 'stalled' }
  /** What passes does so later. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Requests arrive, answers do not: a commit whose answer is lost. */
  | { readonly kind: 'mute' }

/** What `Link` of links.ts says, here where the connections are. */
export interface Relay {
  readonly port: number
  set(state: LinkState): void
  cut(): void
  forsake(): void
  restore(): void
  close(): void
}

/** A way to a port on this machine: a TCP proxy whose faults are ours to choose. */
export async function createRelay(farPort: number): Promise<Relay> {
  const pairs = new Set<Pair>()
  let state: LinkState = { kind: 'open' }
  let isCut = false

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    if (isCut) {
      near.resetAndDestroy()
      return
    }
    const far = connect({ host: '127.0.0.1', port: farPort, allowHalfOpen: true, noDelay: true })
    const pair = createPair(near, far, () => pairs.delete(pair))
    pairs.add(pair)
    pair.set(state)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')

  function set(next: LinkState): void {
    state = next
    for (const pair of pairs) pair.set(state)
  }

  return {
    port: address.port,
    set,
    cut() {
      isCut = true
      for (const pair of pairs) pair.end()
    },
    forsake() {
      for (const pair of pairs) pair.forsake()
    },
    restore() {
      isCut = false
      set({ kind: 'open' })
      for (const pair of pairs) if (pair.hasLost()) pair.end()
    },
    close() {
      server.close()
      for (const pair of pairs) pair.end()
    },
  }
}
