import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'

/** The way to a database, which a test can close: to a node the database is then away. */
export interface DatabaseLink {
  readonly url: string
  /** Ends all connections and takes no more. */
  cut(): Promise<void>
  /** Takes connections and passes nothing on, nor on those that there are: a server that is silent. */
  freeze(): void
  restore(): Promise<void>
}

/** A way to the database of `url`, open, for the test's time. */
export async function createDatabaseLink(t: Test, url: string): Promise<DatabaseLink> {
  const { hostname: host, port: farPort } = new URL(url)
  const sockets = new Set<Socket>()
  let isFrozen = false

  const server = createServer((near) => {
    const far = connect({ host, port: Number(farPort) })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => to.write(chunk))
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      if (isFrozen) from.pause()
    }
  })
  await listen(server, 0)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port to listen on')
  const { port } = address

  async function cut(): Promise<void> {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }

  t.teardown(cut)
  const near = new URL(url)
  near.host = `127.0.0.1:${port}`
  return {
    url: near.href,
    cut,
    freeze() {
      isFrozen = true
      for (const socket of sockets) socket.pause()
    },
    async restore() {
      isFrozen = false
      for (const socket of sockets) socket.resume()
      if (!server.listening) await listen(server, port)
    },
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}
