import { io } from 'socket.io-client'
import { type Connection, type ConnectionOptions, createPending, silence } from './connection.js'
import { answerOf } from './raw.js'
import type { Frame } from './wire.js'

const CONNECT_MS = 5_000

/** Names of what is asked that differ from the raw door's; the others are the same. */
const EVENT_OF_TYPE: Readonly<Record<string, string>> = { send: 'chat message' }
const MESSAGE_EVENTS = ['message', 'message_edited', 'message_deleted']

/** Connects to the Socket.IO door; resolves when it is connected. @throws when the connection could not be made */
export async function connectSocketIo(options: ConnectionOptions): Promise<Connection> {
  const { node, url, token, onPush, onClose } = options
  // Our own session reconnects, as the raw one does: to another node, which this client would not do by itself.
  const socket = io(`${url}/chat`, {
    auth: { token },
    forceNew: true,
    reconnection: false,
    transports: ['websocket'],
    timeout: CONNECT_MS,
  })
  const pending = createPending()
  let lastHeardAt = performance.now()
  let ownCode: number | undefined

  return await new Promise<Connection>((resolve, reject) => {
    const tooLong = setTimeout(() => fail('timeout'), CONNECT_MS)
    let isReady = false

    function fail(reason: string): void {
      clearTimeout(tooLong)
      socket.disconnect()
      reject(new Error(`could not connect: ${reason}`))
    }

    const connection: Connection = {
      node,
      lastHeardAt: () => lastHeardAt,
      ask(type, fields, timeoutMs, settle) {
        if (!socket.connected) {
          settle(silence('disconnected'))
          return
        }
        const ref = pending.begin(timeoutMs, settle)
        socket.emit(EVENT_OF_TYPE[type] ?? type, fields, (answer: unknown) => {
          lastHeardAt = performance.now()
          pending.settle(ref, answerOf(answer))
        })
      },
      close(code) {
        ownCode = code
        // Not `disconnect`, which would say good-bye: the connection is given up.
        socket.io.engine.close()
      },
    }

    socket.onAny((event: string, body: unknown) => {
      lastHeardAt = performance.now()
      const type = event.replaceAll(' ', '_')
      if (type !== 'parley_error') onPush(toPush(type, body))
    })
    socket.on('connect', () => {
      clearTimeout(tooLong)
      isReady = true
      resolve(connection)
    })
    socket.on('connect_error', (error) => fail(error.message))
    socket.on('disconnect', (reason) => {
      pending.disconnect()
      socket.disconnect()
      // 44xx disconnects, 40xx closes the transport.
      if (isReady) onClose(ownCode ?? (reason === 'io server disconnect' ? 4400 : 1006))
    })
  })
}

/** An event as the raw door's push: a message comes bare in it, and its `rev` is that of the event. */
function toPush(type: string, body: unknown): Frame {
  const fields = typeof body === 'object' && body !== null ? body : {}
  if (!MESSAGE_EVENTS.includes(type)) return { ...fields, type }
  return { type, message: fields, rev: 'rev' in fields ? fields.rev : undefined }
}
