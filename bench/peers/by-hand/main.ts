import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { createPool } from '../shared/pool.js'
import { readSettings } from '../shared/settings.js'
import { bearerOf, createTokens, type User } from '../shared/tokens.js'
import { createRooms } from './rooms.js'
import { serve } from './session.js'
import { createStore } from './store.js'

const MOST_FRAME_BYTES = 64 * 1024
const BACKLOG = 1024

const { port, databaseUrl, redisUrl, secret } = readSettings(process.env)
const userOf = createTokens(secret)
const pool = createPool(databaseUrl)
const rooms = createRooms(redisUrl)
const parts = { store: createStore(pool), rooms }

const sockets = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: MOST_FRAME_BYTES,
})
const server = createServer()

server.on('upgrade', (request, connection, head) => {
  let user: User
  try {
    user = userOf(bearerOf(request.headers.authorization))
  } catch {
    connection.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n')
    return
  }
  sockets.handleUpgrade(request, connection, head, (socket) => serve(socket, user, parts))
})

server.listen({ port, host: '127.0.0.1', backlog: BACKLOG })
process.once('SIGTERM', () => process.exit())
