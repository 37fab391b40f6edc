import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, type Connection, silence } from '../../chaos/clients/connection.js'
import { connectRaw } from '../../chaos/clients/raw.js'
import { untilSettled } from '../../chaos/clients/retry.js'
import { goawayPush, sent } from '../../chaos/clients/wire.js'
import type { Random } from '../../chaos/random.js'
import { createStreams, type StreamWatch } from './streams.js'

/** A first attempt comes within this time, so that the clients of a node that is lost do not come all at once. */
const FIRST_MS = 2_000
const LONGEST_MS = 30_000
const REQUEST_MS = 10_000
const PING_MS = 20_000

export interface Address {
  readonly node: number
  readonly raw: string
}

export interface Watch extends StreamWatch {
  /** A new connection has got its `hello`. */
  connected(node: number): void
  /** The connection was lost, or closed by the service: not by the client itself. */
  closed(code: number): void
  /** A connection could not be made. */
  unreachable(): void
}

export interface ClientOptions {
  readonly token: string
  readonly chats: readonly string[]
  /** Where to connect to now. */
  readonly address: () => Address
  readonly random: Random
  readonly watch: Watch
}

/** Where a message got its number, and from which node. */
export interface Acked {
  readonly seq: number
  readonly node: number
}

/**
 * A user's session as the contract has it: it stays connected, backs off with full jitter, stands in its chats, moves
 * on when it is told to go away, and says a thing again until it is acked.
 */
export function createClient({ token, chats, address, random, watch }: ClientOptions) {
  const streams = createStreams({ chats, random, watch })
  const patience = new AbortController()
  let connection: Connection | undefined
  /** Connections are counted: what one brings that is not the newest is not looked at. */
  let attempts = 0
  let current = 0
  let isConnecting = false
  let isWanted = true

  async function connect(waitMs: number): Promise<void> {
    if (isConnecting) return
    isConnecting = true
    await delay(waitMs)
    for (let failures = 0; isWanted && !(await tryToConnect()); failures++)
      await delay(random.next() * Math.min(LONGEST_MS, FIRST_MS * 2 ** failures))
    isConnecting = false
  }

  async function tryToConnect(): Promise<boolean> {
    attempts += 1
    const attempt = attempts
    const { node, raw } = address()
    try {
      const made = await connectRaw({
        ...{ node, url: raw, token },
        onPush: (push) => {
          if (attempt !== current) return
          if (push.type === 'goaway') void connect(goawayPush.parse(push).reconnectInMs)
          else streams.receive(push)
        },
        onClose: (code) => {
          if (attempt === current) lost(code)
        },
      })
      const before = connection
      connection = made
      current = attempt
      before?.close(1000)
      if (!isWanted) made.close(1000)
      watch.connected(node)
      streams.stand(made)
      return true
    } catch {
      watch.unreachable()
      return false
    }
  }

  function lost(code: number): void {
    connection = undefined
    streams.lost()
    watch.closed(code)
    void connect(random.next() * FIRST_MS)
  }

  const pinging = setInterval(() => connection?.ask('ping', {}, REQUEST_MS, () => {}), PING_MS)

  return {
    start: () => connect(0),
    rev: streams.rev,
    isStanding: streams.areLive,

    /** Says it until it is acked, with the same `clientId`; undefined when the client was stopped first. */
    async say(chat: string, clientId: string, content: string): Promise<Acked | undefined> {
      let node = -1
      const answer = await untilSettled(random, patience.signal, async () => {
        const through = connection
        if (through === undefined) return silence('disconnected')
        node = through.node
        const answer = await new Promise<Answer>((resolve) =>
          through.ask('send', { chatId: chat, clientId, content }, REQUEST_MS, resolve),
        )
        if (!answer.ok) watch.refused(answer.code)
        return answer
      })
      if (answer.ok) return { seq: sent.parse(answer.data).seq, node }
      if (!answer.temporary) throw new Error(`a send was refused: ${answer.code}`)
      return undefined
    },

    stop(): void {
      isWanted = false
      patience.abort()
      clearInterval(pinging)
      current = 0
      connection?.close(1000)
    },
  }
}

export type Client = ReturnType<typeof createClient>
