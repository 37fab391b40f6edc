import type { Connection } from './connection.js'
import { failureOf, refused } from './errors.js'
import type { Attachment, Sent } from './protocol.js'
import type { OutboxEntry, OutboxStore, ParleyFailure } from './types.js'
import { wait } from './wait.js'

/** Messages that may wait at once: more than a person says, less than fills a browser's storage. */
const MOST = 1_000
const TRY_AGAIN_MS = 1_000

export interface Outgoing extends OutboxEntry {
  /** Committed, and not yet seen in the chat's events. */
  readonly sent: Sent | null
  /** Refused for good. */
  readonly error: ParleyFailure | null
}

export type Outbox = ReturnType<typeof createOutbox>

export interface OutboxOptions {
  readonly connection: Connection
  readonly store: OutboxStore | undefined
  /** Something of this chat's has changed. */
  readonly onChange: (chatId: string) => void
  /** It is committed; false: nobody waits for its event, so that it can be let go. */
  readonly onSent: (chatId: string, sent: Sent) => boolean
}

/**
 * What was said and is not committed yet, of all chats. In a chat one message is under way at a time, in the order in
 * which they were said: a message that is refused for a while never lets the next one overtake it. A lost answer is asked
 * for by sending again: the `clientId` makes it one message.
 */
export function createOutbox({ connection, store, onChange, onSent }: OutboxOptions) {
  /** By `clientId`; in the order in which they were said. */
  const items = new Map<string, Outgoing>()
  const draining = new Set<string>()
  let userId: string | undefined
  let place = 0

  const inChat = (chatId: string) => [...items.values()].filter((item) => item.chatId === chatId)

  function set(item: Outgoing): void {
    items.set(item.clientId, item)
    onChange(item.chatId)
  }

  async function keep(act: (store: OutboxStore, userId: string) => Promise<void> | void): Promise<void> {
    try {
      if (store && userId !== undefined) await act(store, userId)
    } catch {
      // Full, or forbidden: it is in memory all the same.
    }
  }

  /** Takes it out; it is committed and seen, or given up. */
  function remove(clientId: string): void {
    const item = items.get(clientId)
    if (!item) return
    items.delete(clientId)
    void keep((store, userId) => store.remove(userId, clientId))
    onChange(item.chatId)
  }

  async function drain(chatId: string): Promise<void> {
    // Before what was left the last time is here, a newer message would overtake it.
    if (userId === undefined || draining.has(chatId)) return
    draining.add(chatId)
    for (;;) {
      const next = inChat(chatId).find(({ sent, error }) => !sent && !error)
      if (!next || !connection.isOnline()) break
      const failure = await attempt(next)
      if (failure?.code === 'offline') break
      if (failure?.temporary) await wait(failure.retryAfterMs ?? TRY_AGAIN_MS)
    }
    draining.delete(chatId)
  }

  async function attempt(item: Outgoing): Promise<ParleyFailure | undefined> {
    const { clientId, chatId, content, attachments } = item
    try {
      const ids = attachments.map(({ id }) => id)
      const sent = await connection.request('send', { chatId, clientId, content, attachments: ids })
      // Its event may have come first, and has taken it out.
      if (!items.has(clientId)) return undefined
      if (!onSent(chatId, sent)) remove(clientId)
      else {
        void keep((store, userId) => store.remove(userId, clientId))
        set({ ...item, sent })
      }
      return undefined
    } catch (error) {
      const failure = failureOf(error)
      if (!failure.temporary && items.has(clientId)) set({ ...item, error: failure })
      return failure
    }
  }

  function drainAll(): void {
    for (const chatId of new Set([...items.values()].map((item) => item.chatId))) void drain(chatId)
  }

  connection.on('online', drainAll)

  return {
    inChat,
    remove,

    /** @throws `outbox_full` */
    add(chatId: string, content: string, attachments: readonly Attachment[]): Outgoing {
      if (items.size >= MOST) throw refused('outbox_full', `${MOST} messages are waiting already.`)
      const now = Date.now()
      place = Math.max(place + 1, now * 1000)
      const createdAt = new Date(now).toISOString()
      const entry = { clientId: randomId(), chatId, content, attachments, createdAt, place }
      const item = { ...entry, sent: null, error: null }
      set(item)
      void keep((store, userId) => store.put(userId, entry))
      void drain(chatId)
      return item
    },

    retry(clientId: string): void {
      const item = items.get(clientId)
      if (!item?.error) return
      set({ ...item, error: null })
      void drain(item.chatId)
    },

    /** The commit did not last: a database was restored. */
    sendAgain(clientId: string): void {
      const item = items.get(clientId)
      if (item) set({ ...item, sent: null })
    },

    drainAll,

    /** Whose outbox it is: brings what was left the last time, and keeps what has been said since. */
    async begin(id: string): Promise<void> {
      if (userId !== undefined) return
      let left: readonly OutboxEntry[] = []
      try {
        left = (await store?.load(id)) ?? []
      } catch {
        // A store that cannot be read has nothing for us.
      }
      if (userId !== undefined) return
      userId = id
      const said = [...items.values()]
      for (const { sent, error, ...entry } of said) void keep((store, userId) => store.put(userId, entry))
      items.clear()
      const older = [...left].sort((a, b) => a.place - b.place)
      for (const entry of older) items.set(entry.clientId, { ...entry, sent: null, error: null })
      for (const item of said) items.set(item.clientId, item)
      for (const chatId of new Set(older.map((entry) => entry.chatId))) onChange(chatId)
      drainAll()
    },
  }
}

/** Not `crypto.randomUUID`: that one is missing where a page came without TLS. */
function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
}
