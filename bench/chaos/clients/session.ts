import { setTimeout as delay } from 'node:timers/promises'
import type { Random } from '../random.js'
import type { History } from '../record/history.js'
import { type Answer, type Connection, silence } from './connection.js'
import { handlePush } from './pushes.js'
import { connectRaw } from './raw.js'
import { backOff } from './retry.js'
import { connectSocketIo } from './socketio.js'
import { createStreams } from './streams.js'
import { goawayPush } from './wire.js'

const REQUEST_MS = 6_000
const PING_MS = 4_000
/** A connection that has been silent for this long, though asked, is given up. */
const SILENCE_MS = 9_000
const LOOK_MS = 250

export interface NodeAddress {
  readonly raw: string
  readonly http: string
}

export interface SessionOptions {
  readonly id: string
  readonly user: string
  readonly token: string
  readonly door: 'raw' | 'socketio'
  readonly nodes: readonly NodeAddress[]
  readonly history: History
  readonly random: Random
  /** The chats that it is to stand in, as far as is known. */
  readonly wanted: () => readonly string[]
}

/**
 * A client as a real one is: it stays connected, to any node, and stands in its chats. After a connection it is
 * the same session still, and asks for what came after the last rev that it has.
 */
export function createSession(options: SessionOptions) {
  const { id, user, token, door, nodes, history, random, wanted } = options
  let connection: Connection | undefined
  let isWanted = false
  let life: Promise<void> | undefined
  let leave = new AbortController()
  const streams = createStreams({ id, user, history, wanted })

  async function live(): Promise<void> {
    for (let failures = 0; isWanted; ) {
      const node = Math.floor(random.next() * nodes.length)
      const closed = await stay(node).catch(() => undefined)
      failures = closed === undefined ? failures + 1 : 0
      // A deploy and a lost node send away many at once: they must not come back in the same moment.
      if (isWanted) await pause(backOff(random, failures))
    }
  }

  /** From connecting to one node until that connection ends; gives its code. @throws when there was none */
  async function stay(node: number): Promise<number> {
    const address = nodes[node]
    if (address === undefined) throw new Error(`there is no node ${node}`)
    let onClosed: (code: number) => void = () => {}
    const closed = new Promise<number>((resolve) => {
      onClosed = resolve
    })
    const connect = door === 'raw' ? connectRaw : connectSocketIo
    const made = await connect({
      ...{ node, token, url: door === 'raw' ? address.raw : address.http },
      onPush: (push) => {
        if (push.type === 'goaway') void goAway(push)
        else handlePush({ push, door, node, streams, history })
      },
      onClose: (code) => {
        connection = undefined
        streams.disconnected()
        history.add({ kind: 'disconnected', session: id, code, node })
        onClosed(code)
      },
    })
    connection = made
    history.add({ kind: 'connected', session: id, user, door, node })
    if (!isWanted) made.close(1000)
    streams.connected(made)
    const looking = setInterval(() => streams.look(), LOOK_MS)
    const pinging = setInterval(() => ping(made), PING_MS)
    const code = await closed
    clearInterval(looking)
    clearInterval(pinging)
    return code
  }

  function ping(current: Connection): void {
    if (performance.now() - current.lastHeardAt() > SILENCE_MS) current.close(1006)
    else current.ask('ping', {}, REQUEST_MS, () => {})
  }

  async function goAway(push: unknown): Promise<void> {
    const current = connection
    const { reconnectInMs } = goawayPush.parse(push)
    await pause(reconnectInMs)
    current?.close(1000)
  }

  async function pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: leave.signal }).catch(() => {})
  }

  return {
    id,
    user,
    door,
    start(): void {
      if (isWanted) return
      isWanted = true
      leave = new AbortController()
      const before = life
      life = (async () => {
        await before
        await live()
      })()
    },
    /** Goes away; what it knows it keeps until it comes back. */
    async stop(): Promise<void> {
      isWanted = false
      leave.abort()
      connection?.close(1000)
      await life
    },
    isWanted: () => isWanted,
    /** Connected, and in all chats that it is to stand in. */
    isUp: () => connection !== undefined && streams.areLive(),
    node: () => connection?.node ?? null,
    /** Where it stands in a chat; undefined while it does not. */
    rev: (chat: string) => streams.rev(chat),
    ask(type: string, fields: object): Promise<Answer> {
      return new Promise((resolve) => {
        if (connection === undefined) resolve(silence('disconnected'))
        else connection.ask(type, fields, REQUEST_MS, resolve)
      })
    },
    /** Leaves a chat by the frame for it, and comes back when it is next looked for. */
    leaveChat: (chat: string) => streams.leave(chat),
  }
}

export type Session = ReturnType<typeof createSession>
