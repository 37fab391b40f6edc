import { randomUUID } from 'node:crypto'
import type { WebSocket } from 'ws'
import { type ClientFrame, HELLO, readFrame, toError, toPush, toReply } from '../shared/frames.js'
import type { User } from '../shared/tokens.js'
import type { Rooms } from './rooms.js'
import type { Store } from './store.js'

export interface Parts {
  readonly store: Store
  readonly rooms: Rooms
}

/** One connection, from its upgrade on. */
export function serve(socket: WebSocket, user: User, { store, rooms }: Parts): void {
  const joined = new Set<string>()

  async function answer(frame: ClientFrame): Promise<string> {
    return frame.type === 'join' ? await join(frame) : await send(frame)
  }

  async function join({ ref, chatId }: ClientFrame): Promise<string> {
    if (!(await store.isMember(chatId, user.id))) return toError(ref, 'not_a_member')
    if (socket.readyState === socket.OPEN && !joined.has(chatId)) {
      joined.add(chatId)
      await rooms.enter(chatId, socket)
    }
    return toReply(ref, {})
  }

  async function send({ ref, chatId, content }: Extract<ClientFrame, { type: 'send' }>): Promise<string> {
    const message = {
      ...{ id: randomUUID(), chatId, sender: user, content },
      createdAt: new Date().toISOString(),
    }
    if (!(await store.add(message))) return toError(ref, 'not_a_member')
    // The reply does not wait for Redis: the message is kept.
    rooms.publish(chatId, toPush(message)).catch((error: unknown) => console.error(error))
    return toReply(ref, { id: message.id, createdAt: message.createdAt })
  }

  socket.on('message', (data) => {
    const frame = readFrame(data.toString())
    if (frame === undefined) socket.send(toError(null, 'bad_request'))
    else
      answer(frame)
        .catch((error: unknown) => {
          console.error(error)
          return toError(frame.ref, 'internal')
        })
        .then((reply) => socket.send(reply))
  })
  socket.on('error', () => {})
  socket.once('close', () => {
    for (const chatId of joined) rooms.leave(chatId, socket)
  })
  socket.send(HELLO)
}
