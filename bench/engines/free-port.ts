import { createServer } from 'node:net'

const given = new Set<number>()

/**
 * A port that nothing listens on, given out once. Below the kernel's range for outgoing connections: one of those
 * could take the port while a program that is to come back to it is away.
 */
export async function freePort(): Promise<number> {
  const port = 20_000 + Math.floor(Math.random() * 12_000)
  if (given.has(port) || !(await isFree(port))) return await freePort()
  given.add(port)
  return port
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
