import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'

/** The way to a database, which a test can close: to a node the database is then away. */
export interface DatabaseLink {
  readonly url: string
  /** Connections that there are. */
  readonly connections: number
  /** Connections that there have ever been. */
  readonly connects: number
  /** Ends all connections and takes no more. */
  cut(): Promise<void>
  /** Takes connections and passes nothing on, nor on those that there are: a server that is silent. */
  freeze(): void
  /** Passes nothing on of the connections that there are; new ones serve. */
  freezeConnections(): void
  /** Of the connections that there are: passes on what is asked, and ends them instead of passing on the answer. */
  loseAnswers(): void
  restore(): Promise<void>
}

/** A way to the database of `url`, open, for the test's time. */
export async function createDatabaseLink(t: Test, url: string): Promise<DatabaseLink> {
  const { hostname: host, port: farPort } = new URL(url)
  const sockets = new Set<Socket>()
  /** The nodes' ends of the connections whose answers are lost. */
  let losing = new Set<Socket>()
  const nears = new Set<Socket>()
  let isFrozen = false
  let connects = 0

  const server = createServer((near) => {
    connects += 1
    const far = connect({ host, port: Number(farPort) })
    nears.add(near)
    near.on('close', () => nears.delete(near))
    near.on('data', (chunk) => far.write(chunk))
    far.on('data', (chunk) => {
      if (losing.has(near)) near.destroy()
      else near.write(chunk)
    })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
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

  function freezeConnections(): void {
    for (const socket of sockets) socket.pause()
  }

  t.teardown(cut)
  const near = new URL(url)
  near.host = `127.0.0.1:${port}`
  return {
    url: near.href,
    get connections() {
      return nears.size
    },
    get connects() {
      return connects
    },
    cut,
    freeze() {
      isFrozen = true
      freezeConnections()
    },
    freezeConnections,
    loseAnswers() {
      losing = new Set(nears)
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
