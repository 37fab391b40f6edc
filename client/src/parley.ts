import { createChats } from './chats.js'
import { createConnection } from './connection.js'
import { createEmitter } from './emitter.js'
import { createOutbox } from './outbox.js'
import { localOutboxStore } from './outbox-store.js'
import type { Push } from './protocol.js'
import { createRest } from './rest.js'
import { createTokens } from './tokens.js'
import type { Parley, ParleyEvents, ParleyOptions } from './types.js'

/** Connects, and stays connected until `close()`. Nothing has to be awaited: what is asked before is done then. */
export function createParley(options: ParleyOptions): Parley {
  const { url, wsUrl = wsUrlOf(url), userId, outboxStore, webSocket = globalThis.WebSocket } = options
  if (webSocket === undefined)
    throw new Error('There is no WebSocket here: give `webSocket`, such as that of the package ws.')
  const events = createEmitter<ParleyEvents>()
  const tokens = createTokens(options.token)
  const rest = createRest(url, tokens)
  let user: Parley['user'] = null

  const connection = createConnection({ url: wsUrl, tokens, webSocket, onPush: receive })
  const outbox = createOutbox({
    connection,
    store: outboxStore === undefined ? localOutboxStore() : (outboxStore ?? undefined),
    onChange: (chatId) => chats.outboxChanged(chatId),
    onSent: (chatId, sent) => chats.committed(chatId, sent),
  })
  const chats = createChats({ connection, rest, outbox, user: () => user })

  function receive(push: Push): void {
    if (push.type === 'hello') identify(push.user)
    chats.receive(push)
    tell(push)
  }

  function tell<T extends Push>(push: T): void {
    events.emit(push.type, push)
  }

  function identify(known: { id: string; fullName: string }): void {
    user = known
    void outbox.begin(known.id)
  }

  if (userId !== undefined) identify({ id: userId, fullName: userId })
  // Also without a connection: a token may be at hand, and with it what was left unsent.
  tokens.current().then(
    (token) => {
      if (token.userId !== null) identify({ id: token.userId, fullName: token.fullName ?? token.userId })
    },
    () => {},
  )
  connection.subscribe(() => events.emit('connection', connection.state))
  const unwatch = watchMachine(connection.hurry)
  connection.connect()

  return {
    chats: chats.chats,
    connection,
    get user() {
      return user
    },
    on: events.on,
    reconnect: connection.connect,
    close() {
      unwatch()
      chats.end()
      connection.close()
    },
  }
}

function wsUrlOf(url: string): string {
  return `${url.replace(/^http/, 'ws').replace(/\/+$/, '')}/ws`
}

/** Calls when the machine is back on its network, or the page in front of somebody. */
function watchMachine(hurry: () => void): () => void {
  if (typeof document === 'undefined') return () => {}
  const seen = () => {
    if (document.visibilityState === 'visible') hurry()
  }
  addEventListener('online', hurry)
  document.addEventListener('visibilitychange', seen)
  return () => {
    removeEventListener('online', hurry)
    document.removeEventListener('visibilitychange', seen)
  }
}
