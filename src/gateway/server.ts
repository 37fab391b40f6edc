import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { TokenVerifier } from '../chat/tokens.js'
import type { Users } from '../chat/users.js'
import { CLOSE_CODES, type CloseReason } from '../protocol/close-codes.js'
import { decodeFrame, encodeError, encodeReply } from '../protocol/codec.js'
import { type ParleyError, toParleyError } from '../protocol/errors.js'
import { FRAME_HARD_BYTES, HANDSHAKE_MS } from '../protocol/limits.js'
import type { User } from '../protocol/objects.js'
import { dispatch, type FrameContext } from '../sessions/frames/dispatch.js'
import type { Hub } from '../sessions/hub.js'
import type { Door, Session, Transport } from '../sessions/session.js'
import { findToken, SUBPROTOCOL } from './handshake.js'
import { uWS } from './uws.js'

/** uWS pings a silent connection before it ends it; must be at most 960. */
const IDLE_SECONDS = 60

/** What uWS keeps with each socket: the outcome of the handshake, then the session. */
interface SocketData {
  readonly user: User | undefined
  readonly refusal: CloseReason | undefined
  session: Session | undefined
}

export interface GatewayOptions {
  readonly host: string
  readonly port: number
  readonly verifyToken: TokenVerifier
  readonly users: Users
  readonly hub: Hub
  readonly frames: FrameContext
  readonly sessionBufferBytes: number
  readonly logger: Logger
}

/** The raw WebSocket door (CONTRACT.md section 3). The port is taken exclusively: a second process is refused. */
export function createGateway(options: GatewayOptions) {
  const { host, port, verifyToken, users, hub, frames, sessionBufferBytes, logger } = options
  const app = uWS.App()
  let listening: uWS.us_listen_socket | undefined

  app.ws<SocketData>('/ws', {
    maxPayloadLength: FRAME_HARD_BYTES,
    maxBackpressure: sessionBufferBytes,
    closeOnBackpressureLimit: 1,
    idleTimeout: IDLE_SECONDS,
    sendPingsAutomatically: true,
    compression: uWS.DISABLED,

    upgrade(response, request, context) {
      const key = request.getHeader('sec-websocket-key')
      const protocols = request.getHeader('sec-websocket-protocol')
      const extensions = request.getHeader('sec-websocket-extensions')
      const token = findToken({
        authorization: request.getHeader('authorization'),
        protocols,
        query: request.getQuery(),
      })
      let aborted = false
      response.onAborted(() => {
        aborted = true
      })
      void authenticate(token).then((data) => {
        if (aborted) return
        const answer = protocols.split(',').some((name) => name.trim() === SUBPROTOCOL) ? SUBPROTOCOL : ''
        response.cork(() => response.upgrade(data, key, answer, extensions, context))
      })
    },

    open(socket) {
      const data = socket.getUserData()
      if (data.user === undefined) {
        // A close frame, so that a browser can tell a refusal from a network fault.
        const { code, reason } = CLOSE_CODES[data.refusal ?? 'unauthenticated']
        socket.end(code, reason)
        return
      }
      data.session = hub.begin(data.user, toTransport(socket))
    },

    message(socket, bytes, isBinary) {
      const { session } = socket.getUserData()
      if (session === undefined || !session.isOpen) return
      const decoded = decodeFrame(bytes, isBinary)
      const ref = decoded.ok ? decoded.frame.ref : decoded.ref
      void dispatch(frames, session, decoded, {
        reply: (data) => session.send(encodeReply(ref, data)),
        error: (error) => session.send(encodeError(ref, error)),
      })
    },

    close(socket) {
      const { session } = socket.getUserData()
      if (session !== undefined) hub.end(session)
    },
  })
  app.any('/*', (response) => {
    response.writeStatus('404 Not Found').end('The raw WebSocket is at /ws.')
  })

  /** Never rejects: a refusal is an outcome of the handshake. */
  async function authenticate(token: string | undefined): Promise<SocketData> {
    if (token === undefined) return { user: undefined, refusal: 'unauthenticated', session: undefined }
    try {
      const user = await withinHandshake(verifyToken(token).then((identity) => users.identify(identity)))
      return { user, refusal: user === undefined ? 'handshakeTimeout' : undefined, session: undefined }
    } catch (error) {
      return { user: undefined, refusal: closeReasonOf(toParleyError(error)), session: undefined }
    }
  }

  function closeReasonOf(error: ParleyError): CloseReason {
    if (!error.temporary) return 'unauthenticated'
    logger.warn({ code: error.code }, 'a session could not be authenticated now')
    return 'overloaded'
  }

  const door: Door = {
    publish(topic, frame) {
      app.publish(topic, frame, false)
    },
  }

  return {
    door,

    /** @throws Error when the port is taken */
    async listen(): Promise<void> {
      listening = await new Promise((resolve, reject) => {
        app.listen(host, port, uWS.LIBUS_LISTEN_EXCLUSIVE_PORT, (socket) => {
          if (socket) resolve(socket)
          else reject(new Error(`WS_PORT ${port} on ${host} is taken by another process`))
        })
      })
    },

    /** The port that is listened on: the given one, or what the system chose for 0. */
    port(): number {
      return listening === undefined ? port : uWS.us_socket_local_port(listening)
    },

    /** No new connections. */
    stopListening(): void {
      if (listening !== undefined) uWS.us_listen_socket_close(listening)
      listening = undefined
    },

    /** Ends what is left. */
    close(): void {
      app.close()
    },
  }
}

export type Gateway = ReturnType<typeof createGateway>

/** Undefined when the work takes longer than a handshake may. */
async function withinHandshake<T>(work: Promise<T>): Promise<T | undefined> {
  const timeout = new AbortController()
  const late = delay(HANDSHAKE_MS, undefined, { signal: timeout.signal, ref: false }).catch(() => undefined)
  try {
    return await Promise.race([work, late])
  } finally {
    timeout.abort()
  }
}

/** A closed uWS socket throws when it is touched: the session sees to it that none is. */
function toTransport(socket: uWS.WebSocket<SocketData>): Transport {
  return {
    send: (frame) => void socket.send(frame, false),
    subscribe: (topic) => void socket.subscribe(topic),
    unsubscribe: (topic) => void socket.unsubscribe(topic),
    close: (reason) => {
      const { code, reason: text } = CLOSE_CODES[reason]
      socket.end(code, text)
    },
  }
}
