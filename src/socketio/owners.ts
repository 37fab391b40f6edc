import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import {
  Agent,
  createServer,
  type Server as HttpServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** The request for a WebSocket, as it can be told to another process beside its socket. */
export interface Upgrade {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** What came behind it, in base64. */
  readonly head: string
}

/** The processes that share one HTTP port, as one of them sees them. */
export interface Workers {
  /** This one's name among them: without a dot. */
  readonly self: string
  /** What opens the doors between them; undefined until this one has been told. */
  readonly secret: string | undefined
  /** This one's door for the others is open, on loopback. */
  opened(port: number): void
  /** The port of another one's door; undefined when it has gone. */
  doorOf(worker: string): number | undefined
  /** Gives a socket to another one, with the request that was read from it. */
  handOver(worker: string, upgrade: Upgrade, socket: Socket): void
  onHandedOver(listener: (upgrade: Upgrade, socket: Socket) => void): void
}

const SECRET_HEADER = 'x-parley-worker'
/** Of one connection, and not of what it carries. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** Names the owner of a session in its id, which the client says with every request. */
export function createSid(self: string): string {
  return `${self}.${randomBytes(15).toString('base64url')}`
}

/**
 * Long polling where several processes share a port: any of them may read a request, and one of them has the session.
 * A request of another's session is passed on to it; a socket that is to become its WebSocket is given to it for good,
 * so that what travels on it later is nobody else's work. It is told by the request, not by the connection: a proxy
 * sends the requests of many clients on one connection (docs/decisions/0019-workers.md).
 *
 * To be called when Engine.IO has put its listeners on `server`. Resolves when the door for the others is open, with what
 * closes it.
 */
export async function routeToOwners(server: HttpServer, path: string, workers: Workers): Promise<() => void> {
  const agent = new Agent({ keepAlive: true })
  const requestListeners = server.listeners('request')
  const upgradeListeners = server.listeners('upgrade')
  server.removeAllListeners('request')
  server.removeAllListeners('upgrade')

  const handle = (request: IncomingMessage, response: ServerResponse) => {
    for (const listener of requestListeners) listener.call(server, request, response)
  }
  const handleUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    for (const listener of upgradeListeners) listener.call(server, request, socket, head)
  }

  function ownerOf({ url = '' }: IncomingMessage): string | undefined {
    if (!url.startsWith(path)) return undefined
    const [owner] = /[?&]sid=([\w-]+)\./.exec(url)?.slice(1) ?? []
    return owner === workers.self ? undefined : owner
  }

  server.on('request', (request, response) => {
    const owner = ownerOf(request)
    const port = owner === undefined ? undefined : workers.doorOf(owner)
    // Of one that has gone nobody knows the session any more, and we say so as well as any other.
    if (port === undefined) handle(request, response)
    else passOn(request, response, port)
  })

  function passOn(request: IncomingMessage, response: ServerResponse, port: number): void {
    const { method, url: path } = request
    const headers: OutgoingHttpHeaders = { ...request.headers, [SECRET_HEADER]: workers.secret }
    for (const name of HOP_BY_HOP) delete headers[name]
    const passed = httpRequest({ agent, host: '127.0.0.1', port, method, path, headers })
    passed.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.on('error', () => response.destroy())
      answer.pipe(response)
    })
    passed.on('error', () => response.destroy())
    response.on('close', () => passed.destroy())
    request.pipe(passed)
  }

  server.on('upgrade', (request, socket, head) => {
    const owner = ownerOf(request)
    if (owner === undefined || workers.doorOf(owner) === undefined || !(socket instanceof Socket))
      handleUpgrade(request, socket, head)
    else {
      const { method = 'GET', url = '/', headers } = request
      workers.handOver(owner, { method, url, headers, head: head.toString('base64') }, socket)
    }
  })

  workers.onHandedOver(({ head, ...given }, socket) => {
    const request = Object.assign(new IncomingMessage(socket), given)
    handleUpgrade(request, socket, Buffer.from(head, 'base64'))
  })

  const door = createServer((request, response) => {
    if (isSecret(request.headers[SECRET_HEADER], workers.secret)) handle(request, response)
    else response.writeHead(404).end()
  })
  // Not the port that node:cluster would share.
  door.listen({ host: '127.0.0.1', port: 0, exclusive: true })
  await once(door, 'listening')
  const address = door.address()
  if (typeof address === 'object' && address !== null) workers.opened(address.port)

  return () => {
    agent.destroy()
    door.close()
    door.closeAllConnections()
  }
}

function isSecret(given: string | string[] | undefined, secret: string | undefined): boolean {
  if (typeof given !== 'string' || secret === undefined) return false
  const [a, b] = [Buffer.from(given), Buffer.from(secret)]
  return a.length === b.length && timingSafeEqual(a, b)
}
