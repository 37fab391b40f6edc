import { createServer } from 'node:http'
import type { Registry } from 'prom-client'

export interface OpsServerOptions {
  readonly host: string
  readonly port: number
  /** What there is to tell: of this node, or of several together. */
  readonly registry: Pick<Registry, 'metrics' | 'contentType'>
}

/** `/metrics` on a port of its own (CONTRACT.md section 2): for those who look after the service, not for the public. */
export function createOpsServer({ host, port, registry }: OpsServerOptions) {
  const server = createServer((request, response) => {
    const [path] = request.url?.split('?') ?? []
    if (path !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('The metrics are at /metrics.\n')
      return
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    )
  })

  return {
    /** @throws Error when the port is taken */
    async listen(): Promise<void> {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, resolve)
      })
    },

    /** The port that is listened on: the given one, or what the system chose for 0. */
    port(): number {
      const address = server.address()
      return address === null || typeof address === 'string' ? port : address.port
    },

    async close(): Promise<void> {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
