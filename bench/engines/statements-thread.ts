import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { z } from 'zod'
import { createFrontendReader } from './frontend.js'
import type { Report } from './statements.js'

/** The thread of statements.ts: passes everything on, and counts what goes towards Postgres. */

const HEAD_CHARACTERS = 90

const { farPort } = z.object({ farPort: z.int() }).parse(workerData)
let counts = new Map<string, number>()

const server = createServer({ noDelay: true }, (near) => {
  const far = connect({ host: '127.0.0.1', port: farPort, noDelay: true })
  near.on('data', createFrontendReader(note))
  near.pipe(far).pipe(near)
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.on('error', () => {})
    one.on('close', () => other.destroy())
  }
})

/** Kept by how it begins: what it was run with is not in its text. */
function note(text: string): void {
  const head = text.replace(/\s+/g, ' ').trim().slice(0, HEAD_CHARACTERS)
  counts.set(head, (counts.get(head) ?? 0) + 1)
}

parentPort?.on('message', () => {
  const taken = [...counts]
  counts = new Map()
  parentPort?.postMessage({ kind: 'counts', counts: taken } satisfies Report)
})

server.listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
parentPort?.postMessage({ kind: 'listening', port: address.port } satisfies Report)
