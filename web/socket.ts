// One raw WebSocket that heals itself: requests answered by `ref`, pushes handed on, heartbeat, token renewal,
// and reconnecting with a jittered back-off. It knows nothing of chats; what to ask again after a gap is the
// business of whoever hears `online`.

import type { TokenSource } from './api.js'
import type { AttachmentLimits, ClientFrame, ErrorBody, Push } from './types.js'
import { readServerFrame } from './wire.js'

export type ConnectionStatus =
  | { kind: 'connecting' }
  | { kind: 'online'; attachments: AttachmentLimits }
  | { kind: 'waiting' }
  /** Reconnecting by itself would not help, or would do harm; a person may still try. */
  | { kind: 'stopped'; reason: string }

export class RequestError extends Error {
  readonly code: string
  readonly temporary: boolean
  readonly retryAfterMs: number | null

  constructor(error: ErrorBody) {
    super(error.message)
    this.code = error.code
    this.temporary = error.temporary
    this.retryAfterMs = error.retryAfterMs
  }
}

export interface ConnectionOptions {
  url: string
  tokens: TokenSource
  onPush(push: Push): void
  onStatus(status: ConnectionStatus): void
}

export type Connection = ReturnType<typeof createConnection>

interface Waiting {
  resolve(data: unknown): void
  reject(error: RequestError): void
  timer: number
}

const REQUEST_TIMEOUT_MS = 10_000
const HELLO_TIMEOUT_MS = 10_000
const BACKOFF_FIRST_MS = 500
const BACKOFF_LONGEST_MS = 15_000
// A connection that ends sooner than this has not proved that the trouble is over.
const STABLE_AFTER_MS = 10_000

const CLOSE_TOKEN = 4401
const STOPPING_CLOSE_REASONS = new Map([
  [4400, 'The server refused what this page sent'],
  [4408, 'The server did not let this page in'],
  // Coming back at once would only push out the window that has just taken this one's place.
  [4429, 'Open in too many windows'],
])

const localError = (code: string, message: string): RequestError =>
  new RequestError({ code, message, temporary: true, retryAfterMs: null })

export const createConnection = ({ url, tokens, onPush, onStatus }: ConnectionOptions) => {
  let socket: WebSocket | undefined
  let status: ConnectionStatus = { kind: 'connecting' }
  let attempt = 0
  let lastRef = 0
  let onlineSince = 0
  let retryTimer: number | undefined
  let helloTimer: number | undefined
  let heartbeatTimer: number | undefined
  let renewalTimer: number | undefined
  let goawayTimer: number | undefined
  const waiting = new Map<number, Waiting>()

  const setStatus = (next: ConnectionStatus) => {
    status = next
    onStatus(next)
  }

  /** Undefined for a reply nobody waits for (any more): to a notice, or after its time was up. */
  const settle = (ref: number | null): Waiting | undefined => {
    const entry = ref === null ? undefined : waiting.get(ref)
    if (!entry || ref === null) return undefined
    waiting.delete(ref)
    clearTimeout(entry.timer)
    return entry
  }

  const clearTimers = () => {
    clearTimeout(retryTimer)
    clearTimeout(helloTimer)
    clearTimeout(renewalTimer)
    clearTimeout(goawayTimer)
    clearInterval(heartbeatTimer)
  }

  /** Forgets the socket at once: what a half-dead one still says later must not be heard. */
  const drop = () => {
    clearTimers()
    const old = socket
    socket = undefined
    old?.close(1000)
    for (const ref of [...waiting.keys()]) {
      settle(ref)?.reject(localError('disconnected', 'The connection was lost'))
    }
  }

  const retryLater = () => {
    if (onlineSince > 0 && Date.now() - onlineSince > STABLE_AFTER_MS) attempt = 0
    onlineSince = 0
    const ceiling = Math.min(BACKOFF_LONGEST_MS, BACKOFF_FIRST_MS * 2 ** attempt)
    attempt += 1
    // Half fixed, half random: a restarted node does not get all its clients back in the same moment.
    retryTimer = setTimeout(connect, ceiling / 2 + (Math.random() * ceiling) / 2)
    setStatus({ kind: 'waiting' })
  }

  const reconnect = () => {
    drop()
    retryLater()
  }

  const request = (frame: ClientFrame): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (!socket || status.kind !== 'online') {
        reject(localError('disconnected', 'Not connected'))
        return
      }
      lastRef += 1
      const ref = lastRef
      const timer = setTimeout(() => {
        settle(ref)?.reject(localError('timeout', 'The server did not answer in time'))
      }, REQUEST_TIMEOUT_MS)
      waiting.set(ref, { resolve, reject, timer })
      socket.send(JSON.stringify({ ...frame, ref }))
    })

  /** For frames that have no reply, or whose loss does not matter. */
  const notify = (frame: ClientFrame) => {
    if (socket && status.kind === 'online') socket.send(JSON.stringify(frame))
  }

  const heartbeat = () => {
    request({ type: 'ping' }).catch((error: unknown) => {
      // No answer: the network went away without telling anybody.
      if (error instanceof RequestError && error.code === 'timeout') reconnect()
    })
  }

  const renewToken = async () => {
    try {
      await request({ type: 'auth', token: await tokens.renew() })
      renewalTimer = setTimeout(renewToken, tokens.renewInMs())
    } catch {
      // The old token still counts until it ends; then the server closes with 4401, which renews too.
    }
  }

  const welcome = (heartbeatMs: number, attachments: AttachmentLimits) => {
    clearTimeout(helloTimer)
    onlineSince = Date.now()
    // Twice per period, so that one late timer does not cost the session.
    heartbeatTimer = setInterval(heartbeat, Math.max(1_000, heartbeatMs / 2))
    renewalTimer = setTimeout(renewToken, tokens.renewInMs())
    setStatus({ kind: 'online', attachments })
  }

  const receive = (text: string) => {
    const frame = readServerFrame(text)
    if (!frame) return
    if (frame.kind === 'reply') {
      settle(frame.ref)?.resolve(frame.data)
      return
    }
    if (frame.kind === 'error') {
      settle(frame.ref)?.reject(new RequestError(frame.error))
      return
    }
    const { push } = frame
    if (push.type === 'hello') welcome(push.heartbeatMs, push.attachments)
    else if (push.type === 'goaway') goawayTimer = setTimeout(moveOn, push.reconnectInMs)
    else onPush(push)
  }

  const closed = (code: number) => {
    drop()
    const reason = STOPPING_CLOSE_REASONS.get(code)
    if (reason !== undefined) {
      setStatus({ kind: 'stopped', reason })
      return
    }
    if (code === CLOSE_TOKEN) tokens.renew().catch(() => undefined)
    retryLater()
  }

  const connect = async () => {
    drop()
    setStatus({ kind: 'connecting' })
    const issued = await tokens.current().catch(() => undefined)
    if (socket || status.kind !== 'connecting') return
    if (issued === undefined) {
      retryLater()
      return
    }
    // A browser cannot set headers on a WebSocket; the token travels as a subprotocol, out of URLs and logs.
    const opened = new WebSocket(url, ['parley.v1', `bearer.${issued}`])
    socket = opened
    helloTimer = setTimeout(reconnect, HELLO_TIMEOUT_MS)
    opened.addEventListener('message', (event: MessageEvent<unknown>) => {
      if (socket !== opened || typeof event.data !== 'string') return
      try {
        receive(event.data)
      } catch (error) {
        // One frame this page cannot read must not end a session; a missed event shows as a hole in rev.
        console.error('unreadable frame', error)
      }
    })
    opened.addEventListener('close', (event) => {
      if (socket === opened) closed(event.code)
    })
  }

  const moveOn = () => {
    attempt = 0
    void connect()
  }

  return {
    request,
    notify,
    start: () => void connect(),
    /** The network is back, or the person looks again: no reason to sit out the rest of a back-off. */
    hurry: () => {
      if (status.kind === 'waiting') void connect()
    },
    restart: () => {
      if (status.kind === 'stopped') moveOn()
    },
  }
}
