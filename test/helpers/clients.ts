import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { io, type Socket } from 'socket.io-client'
import type { Test } from 'tap'
import WebSocket from 'ws'
import { z } from 'zod'
import { signToken } from '../../src/chat/tokens.js'

/** The secret of every node that a test starts with outside engines. */
export const TEST_SECRET = 'a secret for tests alone, long enough for HS256'

const PATIENCE_MS = 20_000

/** A token of the nodes that were started with TEST_SECRET. */
export function token(sub: string, fullName: string, scope?: string, secret = TEST_SECRET): string {
  return shortToken(sub, 3_600_000, { fullName, scope, secret })
}

/** A token that expires after this time, on a whole second. */
export function shortToken(
  sub: string,
  expiresInMs: number,
  {
    fullName = sub,
    scope,
    secret = TEST_SECRET,
  }: { fullName?: string; scope?: string | undefined; secret?: string } = {},
): string {
  return signToken({ secret, issuer: undefined, audience: undefined, expiresInMs }, { sub, fullName, scope })
}

/** The marketplace's backend. */
export function serviceToken(secret = TEST_SECRET): string {
  return token('shop', 'The Shop', 'chat:service', secret)
}

export const anyFrame = z.looseObject({ type: z.string() })
export type AnyFrame = z.infer<typeof anyFrame>

export interface RawClient {
  /** Every frame received so far, in order. */
  readonly frames: readonly AnyFrame[]
  /** The subprotocol that the server has answered. */
  readonly protocol: string
  send(frame: object | string | Buffer): void
  /** Sends a frame with a `ref` of its own and gives the reply or error with that ref. */
  request(frame: object): Promise<AnyFrame>
  /** `request`, and the data of its reply. @throws when it is answered with an error */
  ask(frame: object): Promise<Record<string, unknown>>
  /** The first frame, also of those already received, that matches. @throws after 20 s */
  next(matches: (frame: AnyFrame) => boolean): Promise<AnyFrame>
  /** Resolves with the code when the connection ends. */
  readonly closed: Promise<{ code: number; reason: string }>
  close(): Promise<void>
}

/** Connects to the raw door; resolves when it is open, before `hello`. Closed at the test's end. */
export async function connectRaw(
  t: Test,
  node: { wsUrl: string },
  bearer: string | undefined,
  how: 'header' | 'subprotocol' | 'query' = 'header',
): Promise<RawClient> {
  const socket = openSocket(node.wsUrl, bearer, how)
  const frames: AnyFrame[] = []
  const waiting = new Set<() => void>()
  let refs = 0
  socket.on('message', (data) => {
    frames.push(anyFrame.parse(JSON.parse(data.toString())))
    for (const look of waiting) look()
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
  })
  socket.on('error', () => {})
  t.teardown(() => socket.terminate())
  await once(socket, 'open')

  const client: RawClient = {
    frames,
    protocol: socket.protocol,
    closed,
    send(frame) {
      socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame))
    },
    async request(frame) {
      refs += 1
      const ref = `r${refs}`
      client.send({ ...frame, ref })
      return await client.next((one) => one.ref === ref)
    },
    async ask(frame) {
      const answer = await client.request(frame)
      if (answer.type !== 'reply') throw new Error(`refused: ${JSON.stringify(answer)}`)
      return z.record(z.string(), z.unknown()).parse(answer.data)
    },
    next(matches) {
      return new Promise((resolve, reject) => {
        let seen = 0
        const timer = setTimeout(() => {
          waiting.delete(look)
          const last = frames.slice(-5).map((frame) => JSON.stringify(frame).slice(0, 300))
          reject(new Error(`no such frame; the last ones:\n${last.join('\n')}`))
        }, PATIENCE_MS)
        const look = () => {
          while (seen < frames.length) {
            const frame = frames[seen++]
            if (frame === undefined || !matches(frame)) continue
            clearTimeout(timer)
            waiting.delete(look)
            resolve(frame)
            return
          }
        }
        waiting.add(look)
        look()
      })
    },
    async close() {
      socket.close()
      await closed
    },
  }
  return client
}

function openSocket(
  url: string,
  bearer: string | undefined,
  how: 'header' | 'subprotocol' | 'query',
): WebSocket {
  if (bearer === undefined) return new WebSocket(url)
  switch (how) {
    case 'header':
      return new WebSocket(url, { headers: { authorization: `Bearer ${bearer}` } })
    case 'subprotocol':
      return new WebSocket(url, ['parley.v1', `bearer.${bearer}`])
    case 'query':
      return new WebSocket(`${url}?access_token=${bearer}`)
  }
}

/** A `socket.io-client` on the namespace /chat; closed at the test's end. `transports`: of its own choice. */
export function connectSocketIo(
  t: Test,
  node: { url: string },
  bearer: string,
  transports?: string[],
): Socket {
  const socket = io(`${node.url}/chat`, {
    ...{ auth: { token: bearer }, forceNew: true },
    ...(transports && { transports }),
  })
  t.teardown(() => socket.close())
  return socket
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes, and fail where one differs
  readonly body: any
}

/** One REST call. */
export async function call(
  node: { url: string },
  bearer: string | undefined,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${node.url}${path}`, {
    method,
    headers: {
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  }
}

/** A new order chat of these users; answers its id. */
export async function createChat(
  node: { url: string },
  userIds: readonly string[],
  service = serviceToken(),
): Promise<string> {
  const answer = await call(node, service, 'POST', '/chats', {
    type: 'order',
    orderId: `order-${crypto.randomUUID()}`,
    members: userIds.map((userId) => ({ userId, role: 'customer' })),
  })
  if (answer.status !== 201) throw new Error(`no chat: ${JSON.stringify(answer.body)}`)
  return z.string().parse(answer.body.id)
}

/** Looks again and again until it holds, where there is no event to wait for. @throws after 20 s */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`)
    await delay(20)
  }
}
