import { createChats } from './chats.js'
import { createConnection } from './connection.js'
import { createListeners } from './listeners.js'
import { createOutbox } from './outbox.js'
import { createLocalOutboxStore } from './outbox-store.js'
import { createRest } from './rest.js'
import { createTokens } from './tokens.js'
import type { OutboxStore, Parley, ParleyEvent, ParleyOptions } from './types.js'

const HINTS = ['online', 'visibilitychange']

/** Connects, and stays connected until `close()`. Nothing has to be awaited: what is asked before is done then. */
export function createParley(options: ParleyOptions): Parley {
  const { outboxStore = localOutboxStore(), webSocket = globalThis.WebSocket } = options
  const url = options.url.replace(/\/+$/, '')
  const events = createListeners<ParleyEvent>()
  const tokens = createTokens(options.token)
  const rest = createRest(url, tokens)
  let user: Parley['user'] = null

  const outbox = createOutbox({
    connection: () => connection,
    store: outboxStore,
    user: () => user,
    chat: (chatId) => chats.of(chatId),
  })
  const connection = createConnection({
    url: options.wsUrl ?? `${url.replace(/^http/, 'ws')}/ws`,
    tokens,
    Socket: webSocket,
    onPush(push) {
      if (push.type === 'hello') identify(push.user)
      chats.receive(push)
      events.tell(push)
    },
    onState(state) {
      if (state.status === 'online') {
        chats.resume()
        outbox.drainAll()
      } else chats.suspend()
      events.tell({ type: 'connection', ...state })
    },
  })
  const chats = createChats({ connection, rest, outbox, user: () => user })

  function identify(known: NonNullable<Parley['user']>): void {
    if (!user) outbox.begin(known.id)
    user = known
  }

  if (options.user) identify(options.user)
  // The machine may be back on its network, or the page in front of somebody.
  for (const type of HINTS) globalThis.addEventListener?.(type, connection.hurry)
  connection.connect()

  return {
    chats: chats.chats,
    connection,
    get user() {
      return user
    },
    on: events.add,
    reconnect: connection.connect,
    close() {
      for (const type of HINTS) globalThis.removeEventListener?.(type, connection.hurry)
      chats.end()
      connection.close()
    },
  }
}

/** Undefined where there is none, or where the browser forbids it to this page. */
function localOutboxStore(): OutboxStore | undefined {
  try {
    return createLocalOutboxStore(localStorage)
  } catch {
    return undefined
  }
}
