import { Redis } from 'ioredis'
import type { WebSocket } from 'ws'

const PREFIX = 'by-hand:'

/** Who of this node is in which chat, and the way to those on other nodes: a channel of Redis for each chat. */
export function createRooms(redisUrl: string) {
  const rooms = new Map<string, Set<WebSocket>>()
  // What is published in one turn of the event loop goes out together.
  const publisher = new Redis(redisUrl, { enableAutoPipelining: true })
  const subscriber = new Redis(redisUrl)

  // Bytes, as they came: a frame is not decoded on its way to the sockets.
  subscriber.on('messageBuffer', (channel: Buffer, frame: Buffer) => {
    const room = rooms.get(channel.toString('latin1', PREFIX.length)) ?? []
    for (const socket of room) socket.send(frame, { binary: false })
  })

  return {
    /** Resolves when what is published from now on is heard. */
    async enter(chatId: string, socket: WebSocket): Promise<void> {
      const room = rooms.get(chatId)
      if (room === undefined) rooms.set(chatId, new Set([socket]))
      else room.add(socket)
      // Redis answers in order, so also one who is not the first waits for the channel.
      await subscriber.subscribe(PREFIX + chatId)
    },

    leave(chatId: string, socket: WebSocket): void {
      const room = rooms.get(chatId)
      room?.delete(socket)
      if (room?.size !== 0) return
      rooms.delete(chatId)
      void subscriber.unsubscribe(PREFIX + chatId)
    },

    async publish(chatId: string, frame: string): Promise<void> {
      await publisher.publish(PREFIX + chatId, frame)
    },

    end(): void {
      publisher.disconnect()
      subscriber.disconnect()
    },
  }
}

export type Rooms = ReturnType<typeof createRooms>
