import WebSocket from 'ws'
import { type Answer, type Connection, type ConnectionOptions, createPending, silence } from './connection.js'
import { frame, helloPush, refusal } from './wire.js'

const CONNECT_MS = 5_000

/** Connects to the raw door; resolves after `hello`. @throws when the connection could not be made */
export async function connectRaw({
  node,
  url,
  token,
  onPush,
  onClose,
}: ConnectionOptions): Promise<Connection> {
  const socket = new WebSocket(url, ['parley.v1', `bearer.${token}`], { handshakeTimeout: CONNECT_MS })
  const pending = createPending()
  let lastHeardAt = performance.now()
  let ownCode: number | undefined

  return await new Promise<Connection>((resolve, reject) => {
    const tooLong = setTimeout(() => socket.terminate(), CONNECT_MS)
    let isReady = false

    const connection: Connection = {
      node,
      lastHeardAt: () => lastHeardAt,
      ask(type, fields, timeoutMs, settle) {
        if (socket.readyState !== WebSocket.OPEN) {
          settle(silence('disconnected'))
          return
        }
        const ref = pending.begin(timeoutMs, settle)
        socket.send(JSON.stringify({ ...fields, type, ref }))
      },
      close(code) {
        ownCode = code
        socket.terminate()
      },
    }

    socket.on('message', (bytes) => {
      lastHeardAt = performance.now()
      const one = frame.parse(JSON.parse(bytes.toString()))
      if (one.type === 'hello') {
        helloPush.parse(one)
        clearTimeout(tooLong)
        isReady = true
        resolve(connection)
      } else if (one.type === 'reply' || one.type === 'error') {
        if (typeof one.ref === 'string') pending.settle(one.ref, answerOf(one))
      } else onPush(one)
    })
    socket.on('error', () => {})
    socket.on('close', (code) => {
      clearTimeout(tooLong)
      pending.disconnect()
      if (isReady) onClose(ownCode ?? code)
      else reject(new Error(`closed with ${code} before hello`))
    })
  })
}

/** A reply or an error as an answer; both doors answer in this shape. */
export function answerOf(given: unknown): Answer {
  const { type, data, ...rest } = frame.parse(given)
  return type === 'reply' ? { ok: true, data } : { ok: false, ...refusal.parse(rest) }
}
