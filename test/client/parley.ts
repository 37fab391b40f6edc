import type { Test } from 'tap'
import WebSocket from 'ws'
import {
  type ChatState,
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
