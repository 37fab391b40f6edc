import type { Test } from 'tap'
import WebSocket from 'ws'
import {
  type ChatState,
  type ConnectionState,
  createParley,
  type Observable,
  type OpenChat,
  type OutboxEntry,
  type OutboxStore,
  type Parley,
  type ParleyOptions,
} from '../../client/src/index.js'
import { token } from '../helpers/clients.js'

const PATIENCE_MS = 40_000

/** The client of this repository, in Node; closed at the test's end. The node was started with TEST_SECRET. */
export function openParley(
  t: Test,
  node: { readonly url: string; readonly wsUrl: string },
  userId: string,
  options: Partial<ParleyOptions> = {},
): Parley {
  const parley = createParley({
    url: node.url,
    wsUrl: node.wsUrl,
    webSocket: WebSocket,
    token: async () => token(userId, nameOf(userId)),
    ...options,
  })
  t.teardown(() => parley.close())
  return parley
}

/** Ann is Ann. */
export function nameOf(userId: string): string {
  return userId.slice(0, 1).toUpperCase() + userId.slice(1)
}

/** Resolves with the state as soon as it is as wanted. @throws after 40 s, with what it was */
export async function when<State>(
  observable: Observable<State>,
  isWanted: (state: State) => boolean,
): Promise<State> {
  let end = () => {}
  try {
    return await new Promise((resolve, reject) => {
      const look = () => {
        if (isWanted(observable.state)) resolve(observable.state)
      }
      const timer = setTimeout(
        () =>
          reject(
            new Error(`never as wanted: ${isWanted} of ${JSON.stringify(observable.state).slice(-2_000)}`),
          ),
        PATIENCE_MS,
      )
      const unsubscribe = observable.subscribe(look)
      end = () => {
        clearTimeout(timer)
        unsubscribe()
      }
      look()
    })
  } finally {
    end()
  }
}

/** Everything that was said is here, and everything that was said here is committed. */
export function isSettled(count: number): (state: ChatState) => boolean {
  return ({ messages, isLive }) =>
    isLive && messages.length === count && messages.every(({ status }) => status !== 'sending')
}

/** What a chat shows, as far as everybody sees the same. */
export function shown({ messages }: Pick<OpenChat, 'messages'>): unknown[] {
  return messages.map(({ id, seq, sender, content }) => ({ id, seq, from: sender.id, content }))
}

/** An outbox store that outlives its client, as a browser's does. */
export function createMemoryStore(): OutboxStore & { readonly entries: Map<string, OutboxEntry> } {
  const entries = new Map<string, OutboxEntry>()
  return {
    entries,
    load: (userId) => [...entries].flatMap(([key, entry]) => (key.startsWith(`${userId}/`) ? [entry] : [])),
    save(userId, clientId, entry) {
      if (entry) entries.set(`${userId}/${clientId}`, entry)
      else entries.delete(`${userId}/${clientId}`)
    },
  }
}

/** Hears that pings are due more often than the server says: what takes half a minute then takes seconds. */
export class HastyWebSocket extends WebSocket {
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event !== 'message') return super.emit(event, ...args)
    const [data, isBinary] = args
    return super.emit(
      event,
      Buffer.from(String(data).replace(/"heartbeatMs":\d+/, '"heartbeatMs":500')),
      isBinary,
    )
  }
}

export const isNotOnline = ({ status }: ConnectionState) => status !== 'online'

/** A chat of the two, that both have joined. */
export async function openBetween(ann: Parley, bob: Parley, bobId: string): Promise<[OpenChat, OpenChat]> {
  const { id } = await ann.chats.create({ type: 'general', members: [{ userId: bobId }] })
  const [annChat, bobChat] = [ann.chats.open(id), bob.chats.open(id)]
  await Promise.all([annChat, bobChat].map((chat) => when(chat, ({ isLive }) => isLive)))
  return [annChat, bobChat]
}

/** Messages whose contents tell who said them, and in which order. */
export function say(chat: OpenChat, name: string, from: number, to: number): void {
  for (let n = from; n < to; n += 1) chat.send(`${name}${n}`)
}

/** Both show the same `count` messages, each once; those of one person in the order in which they were said. */
export async function checkBoth(
  t: Test,
  a: OpenChat,
  b: OpenChat,
  count: number,
  name: string,
): Promise<void> {
  await Promise.all([a, b].map((chat) => when(chat, isSettled(count))))
  t.strictSame(shown(a), shown(b), `${name}: both see the same`)
  t.strictSame(
    a.messages.map(({ seq }) => seq),
    Array.from({ length: count }, (_, index) => index + 1),
    `${name}: no hole, no repeat`,
  )
  for (const mine of [true, false]) {
    const said = a.messages
      .filter(({ isMine }) => isMine === mine)
      .map(({ content }) => Number(content.slice(1)))
    t.strictSame(
      said,
      said.toSorted((x, y) => x - y),
      `${name}: in the order in which it was said`,
    )
  }
}
