import type { Server as HttpServer } from 'node:http'
import type { Logger } from 'pino'
import { type DefaultEventsMap, Server, type Socket } from 'socket.io'
import type { Attachments } from '../chat/attachments/attachments.js'
import { levelOf } from '../ports/database.js'
import type { Figures } from '../ports/figures.js'
import { CLOSE_CODES, mayReconnect } from '../protocol/close-codes.js'
import { errorBody, ParleyError, toParleyError } from '../protocol/errors.js'
import { HANDSHAKE_MS, SOCKETIO_FRAME_BYTES } from '../protocol/limits.js'
import type { Admit, Admitted } from '../sessions/admission.js'
import { dispatch, type FrameContext, type Respond } from '../sessions/frames/dispatch.js'
import type { Hub } from '../sessions/hub.js'
import type { Door, Session, Transport } from '../sessions/session.js'
import { countBuffered } from './backlog.js'
import { createBehindJoins } from './behind-joins.js'
import { createFileMessages, splitFiles } from './file-messages.js'
import { createSid, routeToOwners, type Workers } from './owners.js'
import { boundedParser } from './parser.js'
import { FRAME_OF_EVENT, toFrame, toSocketEvent } from './translate.js'

export interface SocketIoOptions {
  readonly server: HttpServer
  readonly corsOrigins: '*' | readonly string[]
  readonly admit: Admit
  readonly hub: Hub
  readonly frames: FrameContext
  /** Undefined where there are none. */
  readonly attachments: Attachments | undefined
  /** The other processes on the same port; undefined where this one has it alone. */
  readonly workers: Workers | undefined
  readonly logger: Logger
}

const NAMESPACE = '/chat'

type Events = DefaultEventsMap
type ChatSocket = Socket<Events, Events, Events, Admitted>

/**
 * The Socket.IO door (CONTRACT.md section 4): a translation onto the same frames, handlers and pushes as the raw
 * door. A room of Socket.IO is a topic.
 */
export function createSocketIoDoor(options: SocketIoOptions) {
  const { server, corsOrigins, admit, hub, frames, attachments, workers, logger } = options
  const { framesSent, framesReceived, errors } = frames.figures
  let isDraining = false
  let stopRouting = () => {}
  const io = new Server<Events, Events, Events, Admitted>(server, {
    maxHttpBufferSize: SOCKETIO_FRAME_BYTES,
    connectTimeout: HANDSHAKE_MS,
    serveClient: false,
    parser: boundedParser,
    allowRequest: (_request, decide) => decide(isDraining ? 'going away' : null, !isDraining),
    cors: { origin: corsOrigins === '*' ? '*' : [...corsOrigins] },
  })
  if (workers !== undefined) io.engine.generateId = () => createSid(workers.self)
  const namespace = io.of(NAMESPACE)
  const fileMessages = createFileMessages(attachments, frames)
  // The namespace that is always there: nobody is let in, or one without a token could stay for ever.
  io.use((_socket, next) => next(toConnectError(new ParleyError('not_found'))))

  namespace.use((socket, next) => {
    authenticate(socket).then(
      (data) => {
        socket.data = data
        next()
      },
      (error: unknown) => next(toConnectError(error)),
    )
  })

  namespace.on('connection', (socket) => {
    const { user, expiresAt } = socket.data
    // Engine.IO has heartbeats of its own.
    let begun: Session | undefined
    const transport = toTransport(socket, framesSent, (bytes) => begun?.isBehind(bytes))
    const session = hub.begin(user, transport, { expiresAt, silenceMs: undefined })
    begun = session
    socket.on('disconnect', () => hub.end(session))
    const behindJoins = createBehindJoins()
    for (const [event, type] of FRAME_OF_EVENT)
      socket.on(event, (...given: unknown[]) => {
        const last = given.at(-1)
        const answer = typeof last === 'function' ? last : undefined
        const data = given[0] === answer ? undefined : given[0]
        const split = type === 'send' ? splitFiles(data) : undefined
        const decoded = toFrame(type, split?.fields ?? data)
        framesReceived.socketio[decoded.ok ? decoded.frame.type : 'bad'] += 1
        const ref = (decoded.ok ? decoded.frame.ref : decoded.ref) ?? null
        let answered = false
        const respond: Respond = {
          reply(data) {
            answered = true
            framesSent.socketio += 1
            answer?.({ type: 'reply', ref, data })
            // As in the seed, the one who joins hears of it too; the others are told by the room.
            if (decoded.ok && decoded.frame.type === 'join' && 'complete' in data && data.complete === true)
              socket.emit('user joined', {
                chatId: decoded.frame.chatId,
                userId: session.user.id,
                fullName: session.user.fullName,
              })
          },
          error(error) {
            answered = true
            errors.socketio[error.code] += 1
            framesSent.socketio += 1
            const body = { type: 'error', ref, ...errorBody(error) }
            if (answer === undefined) socket.emit('parley error', body)
            else answer(body)
          },
        }
        const handle = async () => {
          if (split !== undefined && decoded.ok && decoded.frame.type === 'send')
            await fileMessages.say(session, decoded.frame, split.files, respond)
          else await dispatch(frames, session, decoded, respond)
        }
        const handled = decoded.ok ? behindJoins(decoded.frame, handle) : handle()
        // `typing` has no reply; a callback is called all the same.
        if (answer !== undefined)
          void handled.then(() => {
            if (!answered && session.isOpen) answer({ type: 'reply', ref, data: {} })
          })
      })
  })

  async function authenticate({ handshake }: ChatSocket): Promise<Admitted> {
    const { token } = handshake.auth
    const forwardedFor = handshake.headers['x-forwarded-for']
    return await admit({
      token: typeof token === 'string' ? token : undefined,
      peer: handshake.address,
      forwardedFor: Array.isArray(forwardedFor) ? forwardedFor.join() : forwardedFor,
    })
  }

  function toConnectError(error: unknown): Error {
    const refusal = toParleyError(error)
    errors.socketio[refusal.code] += 1
    if (refusal.temporary && refusal.code !== 'rate_limited')
      logger[levelOf(refusal)]({ code: refusal.code }, 'a session could not be authenticated now')
    return Object.assign(new Error(refusal.message), { data: errorBody(refusal) })
  }

  const door: Door = {
    publish(topic, frame) {
      const listening = namespace.adapter.rooms.get(topic)
      if (listening === undefined) return
      framesSent.socketio += listening.size
      const { event, body } = toSocketEvent(frame)
      namespace.local.to(topic).emit(event, body)
    },
  }

  return {
    door,

    /** The door itself is the HTTP server's: what is opened is the one for the other workers. */
    async listen(): Promise<void> {
      if (workers !== undefined) stopRouting = await routeToOwners(server, io.path(), workers)
    },

    /** No new connections. */
    stopListening(): void {
      isDraining = true
    },

    /** Closes what is left of this door; the HTTP server is not its own. */
    close(): void {
      stopRouting()
      namespace.disconnectSockets(true)
      io.engine.close()
    },
  }
}

function toTransport(
  socket: ChatSocket,
  sent: Figures['framesSent'],
  onBehind: (lastBytes: number) => void,
): Transport {
  const buffered = countBuffered(socket.conn)
  return {
    door: 'socketio',
    buffered,
    send(frame) {
      sent.socketio += 1
      const { event, body } = toSocketEvent(frame)
      socket.emit(event, body)
      if (buffered() > 0) onBehind(frame.length)
    },
    subscribe: (topic) => void socket.join(topic),
    unsubscribe: (topic) => void socket.leave(topic),
    close(reason) {
      // A client whose transport is closed reconnects by itself; one that is disconnected does not.
      if (mayReconnect(CLOSE_CODES[reason].code)) socket.conn.close()
      else socket.disconnect(true)
    },
    terminate: () => socket.conn.close(true),
  }
}
