import { once } from 'node:events'
import type { Test } from 'tap'
import WebSocket from 'ws'
import { z } from 'zod'
import { anyFrame, token } from './clients.js'

const pushOfMessage = z.object({ type: z.literal('message'), rev: z.number() })

/** A client that joins a chat and then reads no more, until it reads on. */
export class SlowReader {
  /** Of the messages pushed to it, as far as it has read. */
  readonly revs: number[] = []
  readonly #socket: WebSocket
  readonly #closed: Promise<number>

  private constructor(socket: WebSocket) {
    this.#socket = socket
    this.#closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => {})
    socket.on('message', (data) => {
      const push = pushOfMessage.safeParse(JSON.parse(data.toString()))
      if (push.success) this.revs.push(push.data.rev)
    })
  }

  static async join(t: Test, url: string, userId: string, chatId: string): Promise<SlowReader> {
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token(userId, userId)}` } })
    t.teardown(() => socket.terminate())
    const reader = new SlowReader(socket)
    await once(socket, 'open')
    const replied = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        if (anyFrame.parse(JSON.parse(data.toString())).type === 'reply') resolve()
      })
    })
    socket.send(JSON.stringify({ type: 'join', chatId }))
    await replied
    socket.pause()
    return reader
  }

  /** Reads all there is; answers how the connection ended. */
  async readOn(): Promise<number> {
    this.#socket.resume()
    return await this.#closed
  }
}
