import { createEmitter } from './emitter.js'
import { offline, ParleyError } from './errors.js'
import { createObserved } from './observed.js'
import type { ErrorBody, Push, Replies, Requests } from './protocol.js'
import { renewalDelay, type Tokens } from './tokens.js'
import type { ConnectionState, WebSocketConstructor, WebSocketLike } from './types.js'
import { backoff } from './wait.js'

/** From the first byte to `hello`, the way to the application's token not counted. */
const HANDSHAKE_MS = 10_000
/** A ping that has no answer for this long: the way is dead, whatever the socket says. */
const SILENCE_MS = 8_000
/** A connection that has lasted this long is a good one: the next attempts start from the first delay again. */
const SETTLED_MS = 10_000
/** The first may have ended on the way; the application is asked for a new one each time. */
const MOST_REFUSALS = 2
/** The application had no new token: it is asked again within this. */
const AGAIN_MS = 10_000

type ServerFrame =
  | { type: 'reply'; ref: number; data: never }
  | ({ type: 'error'; ref: number | null } & ErrorBody)
  | Push

interface Waiting {
  resolve(data: never): void
  reject(error: ParleyError): void
}

export interface ConnectionOptions {
  readonly url: string
  readonly tokens: Tokens
  readonly webSocket: WebSocketConstructor
  readonly onPush: (push: Push) => void
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
export function createConnection({ url, tokens, webSocket: Socket, onPush }: ConnectionOptions) {
  const events = createEmitter<{ online: undefined; offline: undefined }>()
  const waiting = new Map<number, Waiting>()
  let state: ConnectionState = { status: 'connecting' }
  let socket: WebSocketLike | undefined
  let ref = 0
  /** Connections that did not last, one after the other. */
  let attempts = 0
  /** Fresh tokens that were refused, one after the other. */
  let refusals = 0
  let needsFreshToken = false
  /** Of the present attempt or connection; all end with it. */
  const timers = new Set<ReturnType<typeof setTimeout>>()
  /** A token may come when nobody waits for it any more. */
  let attempt = 0

  const observed = createObserved(() => state)

  function setState(next: ConnectionState): void {
    const wasOnline = state.status === 'online'
    state = next
    observed.changed()
    if (next.status === 'online') events.emit('online', undefined)
    else if (wasOnline) events.emit('offline', undefined)
  }

  function after(ms: number, act: () => void): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => {
      timers.delete(timer)
      act()
    }, ms)
    timers.add(timer)
    return timer
  }

  async function connect(): Promise<void> {
    letGo()
    const own = attempt
    setState({ status: 'connecting' })
    let token: string
    try {
      token = (await (needsFreshToken ? tokens.fresh() : tokens.current())).text
    } catch {
      if (own === attempt) retryLater()
      return
    }
    if (own !== attempt) return
    needsFreshToken = false
    try {
      listen(new Socket(url, ['parley.v1', `bearer.${token}`]))
    } catch {
      // A browser refuses an address that is none, or that its page may not reach.
      setState({ status: 'stopped', code: 'refused' })
      return
    }
    after(HANDSHAKE_MS, () => lost(1006))
  }

  function listen(opened: WebSocketLike): void {
    socket = opened
    opened.onmessage = ({ data }: { data: unknown }) => {
      if (typeof data === 'string') receive(data)
    }
    opened.onclose = ({ code }: { code: number }) => lost(code)
    // What went wrong is told by the close that follows.
    opened.onerror = () => {}
  }

  /** Nothing more comes of this socket, also when its closing takes long or never ends. */
  function letGo(): void {
    attempt += 1
    for (const timer of timers) clearTimeout(timer)
    timers.clear()
    const left = socket
    socket = undefined
    if (left) {
      left.onmessage = null
      left.onclose = null
      left.close()
    }
    const asked = [...waiting.values()]
    waiting.clear()
    for (const { reject } of asked) reject(offline())
  }

  function lost(code: number): void {
    letGo()
    if (code === 4401) {
      refusals += 1
      needsFreshToken = true
    }
    const stopped = stoppedBy(code)
    if (stopped) setState({ status: 'stopped', code: stopped })
    else retryLater()
  }

  /** What has to be mended first, and not by us. */
  function stoppedBy(code: number): 'unauthenticated' | 'too_many_sessions' | 'refused' | undefined {
    if (code === 4401) return refusals > MOST_REFUSALS ? 'unauthenticated' : undefined
    if (code === 4429) return 'too_many_sessions'
    // 4403 is one chat, which says so itself; 4408 a slow network.
    if (code < 4400 || code >= 4500 || code === 4403 || code === 4408) return undefined
    return 'refused'
  }

  function retryLater(): void {
    const delay = backoff(attempts)
    attempts += 1
    after(delay, () => void connect())
    setState({ status: 'offline', retryAt: Date.now() + delay })
  }

  function receive(text: string): void {
    const frame: ServerFrame = JSON.parse(text)
    if (frame.type === 'reply') {
      waiting.get(frame.ref)?.resolve(frame.data)
      waiting.delete(frame.ref)
    } else if (frame.type === 'error') {
      if (frame.ref === null) return
      waiting.get(frame.ref)?.reject(new ParleyError(frame))
      waiting.delete(frame.ref)
    } else {
      onPush(frame)
      if (frame.type === 'hello') begin(frame)
      else if (frame.type === 'goaway') after(frame.reconnectInMs, () => void connect())
    }
  }

  function begin({ heartbeatMs, limits }: Extract<Push, { type: 'hello' }>): void {
    for (const timer of timers) clearTimeout(timer)
    timers.clear()
    refusals = 0
    after(SETTLED_MS, () => {
      attempts = 0
    })
    beat(heartbeatMs * 0.8)
    void tokens.current().then(
      ({ endsAt }) => renewBefore(endsAt),
      () => {},
    )
    setState({ status: 'online', limits })
  }

  function beat(everyMs: number): void {
    after(everyMs, () => {
      probe()
      beat(everyMs)
    })
  }

  /** Asks whether the way is still there. */
  function probe(): void {
    const overdue = after(SILENCE_MS, () => lost(1006))
    const heard = () => {
      clearTimeout(overdue)
      timers.delete(overdue)
    }
    // An error is an answer too.
    request('ping', {}).then(heard, heard)
  }

  function renewBefore(endsAt: number): void {
    const own = socket
    after(renewalDelay(endsAt), async () => {
      try {
        const token = await tokens.fresh()
        if (own !== socket) return
        await request('auth', { token: token.text })
        renewBefore(token.endsAt)
      } catch {
        // Again and again while the session lasts; after that the next connection asks for a token.
        if (own === socket) renewBefore(Date.now() + AGAIN_MS)
      }
    })
  }

  /** @throws ParleyError: the server's, or `offline` when the connection ended before the answer */
  function request<T extends keyof Replies & keyof Requests>(
    type: T,
    fields: Requests[T],
  ): Promise<Replies[T]> {
    if (state.status !== 'online' || !socket) return Promise.reject(offline())
    ref += 1
    socket.send(JSON.stringify({ ...fields, type, ref }))
    return new Promise((resolve, reject) => waiting.set(ref, { resolve, reject }))
  }

  /** The machine may be back on its network: look now instead of waiting. */
  function hurry(): void {
    if (state.status === 'offline') void connect()
    else if (state.status === 'online') probe()
  }

  return {
    get state() {
      return observed.state
    },
    subscribe: observed.subscribe,
    on: events.on,
    isOnline: () => state.status === 'online',
    request,
    hurry,
    connect: () => void connect(),

    /** A frame without an answer; nothing when there is no connection. */
    notify(frame: { type: 'typing'; chatId: string; active: boolean }): void {
      if (state.status === 'online') socket?.send(JSON.stringify(frame))
    },

    close(): void {
      letGo()
      setState({ status: 'stopped', code: 'closed' })
    },
  }
}
