import type { Logger } from 'pino'
import { levelOf } from '../ports/database.js'
import type { CloseReason } from '../protocol/close-codes.js'
import { decodeFrame, encodeError, encodeReply } from '../protocol/codec.js'
import { type ParleyError, toParleyError } from '../protocol/errors.js'
import { FRAME_HARD_BYTES, HANDSHAKE_MS, SILENCE_MS } from '../protocol/limits.js'
import type { Admit, Admitted, Arrival } from '../sessions/admission.js'
import { createDeadlines } from '../sessions/deadlines.js'
import { dispatch, type FrameContext } from '../sessions/frames/dispatch.js'
import type { Hub } from '../sessions/hub.js'
import type { Door, Session } from '../sessions/session.js'
import { answerTo, findToken } from './handshake.js'
import { type SocketData, SocketState } from './socket-state.js'
import { end, SocketTransport } from './socket-transport.js'
import { uWS } from './uws.js'
import { Writes } from './writes.js'

/** What may come between two looks at how much waits for a session, beyond its budget. */
const BURST_BYTES = 8 * 1024 * 1024

/** uWS pings a silent connection before it ends it; must be at most 960. */
const IDLE_SECONDS = 60

export interface GatewayOptions {
  readonly host: string
  readonly port: number
  /** Other processes listen on the same port, and the kernel gives each connection to one of them. */
  readonly isShared: boolean
  readonly admit: Admit
  readonly hub: Hub
  readonly frames: FrameContext
  readonly sessionBufferBytes: number
  readonly logger: Logger
}

/** The raw WebSocket door (CONTRACT.md section 3). Unless it is shared, the port is taken exclusively: a second process is refused. */
export function createGateway(options: GatewayOptions) {
  const { host, port, isShared, admit, hub, frames, sessionBufferBytes, logger } = options
  const app = uWS.App()
  const { framesSent, framesReceived, errors } = frames.figures
  const writes = new Writes(framesSent)
  const handshakes = createDeadlines<uWS.WebSocket<SocketData>>({
    withinMs: HANDSHAKE_MS,
    onLate: (socket) => refuse(socket, 'handshakeTimeout'),
  })
  let listening: uWS.us_listen_socket | undefined

  app.ws<SocketData>('/ws', {
    maxPayloadLength: FRAME_HARD_BYTES,
    maxBackpressure: sessionBufferBytes + BURST_BYTES,
    closeOnBackpressureLimit: 0,
    idleTimeout: IDLE_SECONDS,
    sendPingsAutomatically: true,
    compression: uWS.DISABLED,

    // At once, and not when the token has been checked: uWS may take a socket that is upgraded later, inside
    // `cork`, for an HTTP response that is complete, and close it (docs/decisions/0006).
    upgrade(response, request, context) {
      const protocols = request.getHeader('sec-websocket-protocol')
      const token = findToken({
        authorization: request.getHeader('authorization'),
        protocols,
        query: request.getQuery(),
      })
      response.upgrade(
        {
          state: new SocketState({
            token,
            peer: Buffer.from(response.getRemoteAddressAsText()).toString(),
            forwardedFor: request.getHeader('x-forwarded-for'),
          }),
        },
        request.getHeader('sec-websocket-key'),
        answerTo(protocols),
        request.getHeader('sec-websocket-extensions'),
        context,
      )
    },

    open(socket) {
      void begin(socket)
    },

    message(socket, bytes, isBinary) {
      const { state } = socket.getUserData()
      if (state.session !== undefined) handle(state.session, bytes, isBinary)
      else if (!state.isClosed && !state.keepEarly(bytes, isBinary)) refuse(socket, 'badFrames')
    },

    // Only when a burst is larger than any that is known of. Within this event a socket must not be touched.
    dropped(socket) {
      const { state } = socket.getUserData()
      setImmediate(() => {
        if (!state.isClosed) state.session?.latch()
      })
    },

    close(socket) {
      const { state } = socket.getUserData()
      state.isClosed = true
      handshakes.done(socket)
      if (state.session !== undefined) hub.end(state.session)
    },
  })
  app.any('/*', (response) => {
    response.writeStatus('404 Not Found').end('The raw WebSocket is at /ws.')
  })

  /** Checks the token; the session begins, or the socket is closed with the reason, which a browser can read. */
  async function begin(socket: uWS.WebSocket<SocketData>): Promise<void> {
    const { state } = socket.getUserData()
    const arrival = state.takeArrival()
    if (arrival === undefined) return
    handshakes.begin(socket)
    const outcome = await authenticate(arrival)
    if (state.isClosed) return
    handshakes.done(socket)
    if (typeof outcome === 'string') {
      refuse(socket, outcome)
      return
    }
    const { user, expiresAt } = outcome
    const session = hub.begin(user, new SocketTransport(socket, state, writes), {
      expiresAt,
      silenceMs: SILENCE_MS,
    })
    state.session = session
    for (const { bytes, isBinary } of state.takeEarly()) handle(session, bytes, isBinary)
  }

  async function authenticate(arrival: Arrival): Promise<Admitted | CloseReason> {
    try {
      return await admit(arrival)
    } catch (error) {
      const refusal = toParleyError(error)
      errors.raw[refusal.code] += 1
      return closeReasonOf(refusal)
    }
  }

  function handle(session: Session, bytes: ArrayBuffer, isBinary: boolean): void {
    if (!session.isOpen) return
    session.heard(Date.now())
    const decoded = decodeFrame(bytes, isBinary)
    framesReceived.raw[decoded.ok ? decoded.frame.type : 'bad'] += 1
    const ref = decoded.ok ? decoded.frame.ref : decoded.ref
    void dispatch(frames, session, decoded, {
      reply: (data) => session.send(encodeReply(ref, data)),
      error(error) {
        errors.raw[error.code] += 1
        session.send(encodeError(ref, error))
      },
    })
  }

  function closeReasonOf(error: ParleyError): CloseReason {
    if (!error.temporary) return 'unauthenticated'
    if (error.code === 'rate_limited') return 'overloaded'
    logger[levelOf(error)]({ code: error.code }, 'a session could not be authenticated now')
    return 'overloaded'
  }

  const door: Door = {
    publish(topic, frame) {
      writes.flush()
      framesSent.raw += app.numSubscribers(topic)
      app.publish(topic, frame, false)
    },
  }

  return {
    door,

    /** @throws Error when the port is taken */
    async listen(): Promise<void> {
      listening = await new Promise((resolve, reject) => {
        const options = isShared ? uWS.LIBUS_LISTEN_DEFAULT : uWS.LIBUS_LISTEN_EXCLUSIVE_PORT
        app.listen(host, port, options, (socket) => {
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
      handshakes.close()
      app.close()
    },
  }
}

/** Nothing more is read of it, whatever still comes. */
function refuse(socket: uWS.WebSocket<SocketData>, why: CloseReason): void {
  socket.getUserData().state.isClosed = true
  end(socket, why)
}
