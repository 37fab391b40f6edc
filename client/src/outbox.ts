import type { Connection } from './connection.js'
import { wait } from './delays.js'
import { failure, failureOf } from './errors.js'
import type { Attachment } from './protocol.js'
import type { ChatMessage, OutboxEntry, OutboxStore, Parley } from './types.js'

/** Messages that may wait at once: more than a person says, less than fills a browser's storage. */
const MOST = 1_000

/** One's own message on its way. */
export interface Outgoing extends ChatMessage {
  readonly clientId: string
  readonly place: number
}

export type Outbox = ReturnType<typeof createOutbox>

export interface OutboxOptions {
  readonly connection: () => Connection
  readonly store: OutboxStore | null | undefined
  readonly user: () => Parley['user']
  /** The chat, where it is open. */
  readonly chat: (chatId: string) => { changed(): void; awaits(rev: number): boolean } | undefined
}

/**
 * What was said and is not committed yet, of all chats. In a chat one message is under way at a time, in the order in
 * which they were said: a message that is refused for a while never lets the next one overtake it. A lost answer is asked
 * for by sending again: the `clientId` makes it one message.
 */
export function createOutbox({ connection, store, user, chat }: OutboxOptions) {
  /** By `clientId`. */
  const items = new Map<string, Outgoing>()
  const draining = new Set<string>()
  /** Undefined until what was left the last time is here. */
  let userId: string | undefined
  let place = 0

  const inChat = (chatId: string) =>
    [...items.values()].filter((item) => item.chatId === chatId).sort((a, b) => a.place - b.place)

  function set(item: Outgoing): void {
    items.set(item.clientId, item)
    chat(item.chatId)?.changed()
  }

  function start(entry: OutboxEntry): Outgoing {
    const item: Outgoing = {
      ...entry,
      key: entry.clientId,
      id: null,
      seq: null,
      rev: null,
      kind: 'user',
      sender: user() ?? { id: '', fullName: '' },
      editedAt: null,
      deletedAt: null,
      isMine: true,
      status: 'sending',
      error: null,
    }
    set(item)
    return item
  }

  /** Null: it is to be kept no more. */
  async function keep(clientId: string, entry: OutboxEntry | null): Promise<void> {
    try {
      if (userId !== undefined) await store?.save(userId, clientId, entry)
    } catch {
      // Full, or forbidden: it is in memory all the same.
    }
  }

  /** It is committed and seen, or given up. */
  function remove(clientId: string): void {
    const item = items.get(clientId)
    if (!item) return
    items.delete(clientId)
    keep(clientId, null)
    chat(item.chatId)?.changed()
  }

  async function drain(chatId: string): Promise<void> {
    const next = inChat(chatId).find(({ status }) => status === 'sending')
    // Before what was left the last time is here, a newer message would overtake it.
    if (!next || draining.has(chatId) || userId === undefined || !connection().isOnline()) return
    const { clientId, content } = next
    // While it is under way its event may come, which takes it out.
    const update = (change: Partial<Outgoing>) => items.has(clientId) && set({ ...next, ...change })
    draining.add(chatId)
    try {
      const attachments = next.attachments.map(({ id }) => id)
      const sent = await connection().request('send', { chatId, clientId, content, attachments })
      if (chat(chatId)?.awaits(sent.rev)) {
        keep(clientId, null)
        update({ ...sent, status: 'sent' })
        // Or nobody waits for its event, or that was here before.
      } else remove(clientId)
    } catch (thrown) {
      const error = failureOf(thrown)
      if (!error.temporary) update({ error, status: 'failed' })
      else if (connection().isOnline()) await wait(error.retryAfterMs)
    }
    draining.delete(chatId)
    drain(chatId)
  }

  function drainAll(): void {
    for (const { chatId } of items.values()) drain(chatId)
  }

  /** Sends it again that was refused for good, or whose commit did not last. */
  function retry(clientId: string): void {
    const item = items.get(clientId)
    if (!item) return
    set({ ...item, status: 'sending', error: null })
    drain(item.chatId)
  }

  return {
    inChat,
    remove,
    drainAll,
    retry,

    /** @throws `outbox_full` */
    add(chatId: string, content: string, attachments: readonly Attachment[]): Outgoing {
      if (items.size >= MOST) throw failure('outbox_full')
      place = Math.max(place + 1, Date.now())
      const createdAt = new Date().toISOString()
      const item = start({ clientId: randomId(), chatId, content, attachments, createdAt, place })
      keep(item.clientId, item)
      drain(chatId)
      return item
    },

    /** Once, when it is known whose outbox it is: brings what was left the last time, and keeps what has been said since. */
    async begin(id: string): Promise<void> {
      let left: readonly OutboxEntry[] | undefined
      try {
        left = await store?.load(id)
      } catch {
        // A store that cannot be read has nothing for us.
      }
      userId = id
      for (const item of items.values()) keep(item.clientId, item)
      left?.forEach(start)
      drainAll()
    },
  }
}

/** Not `crypto.randomUUID`: that one is missing where a page came without TLS. */
function randomId(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-')
}
