import uWS from 'uWebSockets.js'
import { randomUUID } from 'node:crypto'
import { HELLO, readFrame, toError, toPush, toReply } from '../shared/frames.js'
import { readSettings } from '../shared/settings.js'
import { bearerOf, createTokens, type User } from '../shared/tokens.js'

/** One node of uWebSockets.js alone: who joins is not looked up, nothing is kept, no other node is told. */

const MOST_FRAME_BYTES = 64 * 1024
const IDLE_SECONDS = 120

const { port, secret } = readSettings(process.env)
const userOf = createTokens(secret)
const app = uWS.App()

app.ws<User>('/ws', {
  compression: uWS.DISABLED,
  maxPayloadLength: MOST_FRAME_BYTES,
  idleTimeout: IDLE_SECONDS,
  sendPingsAutomatically: true,
  // With its own limit a slow reader would miss messages in silence.
  maxBackpressure: 0,

  upgrade(response, request, context) {
    try {
      response.upgrade(
        userOf(bearerOf(request.getHeader('authorization'))),
        request.getHeader('sec-websocket-key'),
        request.getHeader('sec-websocket-protocol'),
        request.getHeader('sec-websocket-extensions'),
        context,
      )
    } catch {
      response.writeStatus('401 Unauthorized').end()
    }
  },

  open(socket) {
    socket.send(HELLO)
  },

  message(socket, bytes) {
    const frame = readFrame(Buffer.from(bytes).toString())
    if (frame === undefined) {
      socket.send(toError(null, 'bad_request'))
      return
    }
    const { ref, chatId } = frame
    if (frame.type === 'join') {
      socket.subscribe(chatId)
      socket.send(toReply(ref, {}))
      return
    }
    const { id, fullName } = socket.getUserData()
    const message = {
      ...{ id: randomUUID(), chatId, content: frame.content },
      sender: { id, fullName },
      createdAt: new Date().toISOString(),
    }
    // This way round the sender's own message and the reply go out in one write.
    app.publish(chatId, toPush(message))
    socket.send(toReply(ref, { id: message.id, createdAt: message.createdAt }))
  },
})

app.listen('127.0.0.1', port, (listening) => {
  if (listening === false) throw new Error(`port ${port} is taken`)
})
process.once('SIGTERM', () => process.exit())
