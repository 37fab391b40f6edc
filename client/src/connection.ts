import { backoff } from './delays.js'
import { offline, ParleyError } from './errors.js'
import { createObserved } from './listeners.js'
import type { ErrorBody, Push, Replies, Requests } from './protocol.js'
import type { Tokens } from './tokens.js'
import type { ConnectionState, ParleyOptions, WebSocketLike } from './types.js'

/** From the first byte to `hello`, the way to the application's token not counted. */
const HANDSHAKE_MS = 10_000
/** A ping that has no answer for this long: the way is dead, whatever the socket says. */
const SILENCE_MS = 8_000
/** The application had no new token: it is asked again within this. */
const AGAIN_MS = 10_000
/** The first may have ended on the way; the application is asked for a new one each time. */
const MOST_REFUSALS = 2

/** Close codes that no new connection mends. 4401 is mended by a fresh token; 4403 is one chat, which knows by its answer. */
const STOPS: { [code: number]: 'refused' | 'too_many_sessions' } = {
  4400: 'refused',
  4429: 'too_many_sessions',
}

type ServerFrame =
  | { type: 'reply'; ref: number; data: never }
  | ({ type: 'error'; ref: number } & ErrorBody)
  | Push

export interface ConnectionOptions {
  readonly url: string
  readonly tokens: Tokens
  readonly Socket: NonNullable<ParleyOptions['webSocket']>
  readonly onPush: (push: Push) => void
  readonly onState: (state: ConnectionState) => void
}

export type Connection = ReturnType<typeof createConnection>

/**
 * One raw WebSocket that mends itself, and knows nothing of chats.
 *
 * `connecting`: a token is asked for, a socket is opened, `hello` awaited. `online`: requests are answered by `ref`, pings
 * watch the way, the token is renewed in-band before it ends. `offline`: the socket has gone, and what was asked is rejected
 * as `offline`; after a delay with jitter all begins again. `stopped`: the close code said to mend something first.
 * `goaway` is a node that will end: at the time that it gives each of its sessions, we leave it and connect anew.
 */
export function createConnection({ url, tokens, Socket, onPush, onState }: ConnectionOptions) {
  const waiting = new Map<number, (answer: { data: never } | ParleyError) => void>()
  /** Of the present attempt or connection; all end with it. */
  const timers = new Set<ReturnType<typeof setTimeout>>()
  let state: ConnectionState = { status: 'connecting' }
  let socket: WebSocketLike | undefined
  let ref = 0
  /** Attempts that did not get as far as `hello`, one after the other. */
  let attempts = 0
  /** Fresh tokens that were refused, one after the other. */
  let refusals = 0
  /** What is still to come of an earlier attempt is nobody's any more. */
  let attempt = 0
  /** The frame before, and what it has set going. */
  let turn: Promise<unknown> = Promise.resolve()

  const observed = createObserved(() => state)
  const isOnline = () => state.status === 'online'

  function setState(next: ConnectionState): void {
    state = next
    observed.changed()
    onState(next)
  }

  function after(ms: number, act: () => void): () => void {
    const timer = setTimeout(act, ms)
    timers.add(timer)
    return () => clearTimeout(timer)
  }

  function clearTimers(): void {
    timers.forEach(clearTimeout)
    timers.clear()
  }

  async function connect(): Promise<void> {
    letGo()
    setState({ status: 'connecting' })
    const own = attempt
    try {
      const token = await (refusals > 0 ? tokens.fresh() : tokens.current())
      if (own !== attempt) return
      socket = new Socket(url, ['parley.v1', `bearer.${token}`])
      // Outside a browser, frames that come in one piece come in one turn: an event could overtake the join before it.
      socket.onmessage = ({ data }: { data: string }) => {
        turn = turn.finally(() => own === attempt && receive(JSON.parse(data)))
      }
      socket.onclose = ({ code }: { code: number }) => own === attempt && lost(code)
      // What went wrong is told by the close that follows.
      socket.onerror = () => {}
      after(HANDSHAKE_MS, () => lost(1006))
    } catch {
      if (own === attempt) retryLater()
    }
  }

  /** Nothing more comes of this socket, also when its closing takes long or never ends. */
  function letGo(): void {
    attempt += 1
    clearTimers()
    socket?.close()
    socket = undefined
    for (const answer of waiting.values()) answer(offline())
    waiting.clear()
  }

  function lost(code: number): void {
    letGo()
    if (code === 4401) refusals += 1
    const stop = refusals > MOST_REFUSALS ? 'unauthenticated' : STOPS[code]
    if (stop) setState({ status: 'stopped', code: stop })
    else retryLater()
  }

  function retryLater(): void {
    const delay = backoff(attempts++)
    after(delay, connect)
    setState({ status: 'offline', retryAt: Date.now() + delay })
  }

  function receive(frame: ServerFrame): void {
    if (frame.type === 'reply') answer(frame.ref, frame)
    else if (frame.type === 'error') answer(frame.ref, new ParleyError(frame))
    else {
      onPush(frame)
      if (frame.type === 'hello') begin(frame)
      if (frame.type === 'goaway') after(frame.reconnectInMs, connect)
    }
  }

  function answer(to: number, given: { data: never } | ParleyError): void {
    waiting.get(to)?.(given)
    waiting.delete(to)
  }

  function begin({ heartbeatMs, limits }: Extract<Push, { type: 'hello' }>): void {
    clearTimers()
    refusals = 0
    attempts = 0
    beat(heartbeatMs * 0.8)
    renewIn(tokens.renewInMs())
    setState({ status: 'online', limits })
  }

  function beat(everyMs: number): void {
    after(everyMs, () => {
      probe()
      beat(everyMs)
    })
  }

  /** Asks whether the way is still there; an error is an answer too. */
  function probe(): void {
    const heard = after(SILENCE_MS, () => lost(1006))
    request('ping', {}).then(heard, heard)
  }

  function renewIn(delayMs: number): void {
    const own = attempt
    after(delayMs, async () => {
      try {
        const token = await tokens.fresh()
        await request('auth', { token })
        if (own === attempt) renewIn(tokens.renewInMs())
      } catch {
        // Again and again while the session lasts; after that the next connection asks for a token.
        if (own === attempt) renewIn(AGAIN_MS)
      }
    })
  }

  /** @throws ParleyError: the server's, or `offline` when the connection ended before the answer */
  function request<T extends keyof Requests>(type: T, fields: Requests[T]): Promise<Replies[T]> {
    return new Promise((resolve, reject) => {
      if (!isOnline()) return reject(offline())
      ref += 1
      waiting.set(ref, (answer) => ('data' in answer ? resolve(answer.data) : reject(answer)))
      socket?.send(JSON.stringify({ ...fields, type, ref }))
    })
  }

  return Object.assign(observed, {
    isOnline,
    request,
    connect,
    /** A frame without an answer; nothing when there is no connection. */
    notify(frame: { type: 'typing'; chatId: string; active: boolean }): void {
      if (isOnline()) socket?.send(JSON.stringify(frame))
    },
    /** The machine may be back on its network: look now instead of waiting. */
    hurry(): void {
      if (isOnline()) probe()
      else if (state.status === 'offline') connect()
    },
    close(): void {
      letGo()
      setState({ status: 'stopped', code: 'closed' })
    },
  })
}
