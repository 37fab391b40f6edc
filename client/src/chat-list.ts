import { failureOf } from './errors.js'
import { createObserved } from './observed.js'
import type { ListedChat, Message, Mine, Page, Push } from './protocol.js'
import type { Rest } from './rest.js'
import type { ChatFilter, ChatList, ParleyFailure } from './types.js'
import { wait } from './wait.js'

const PAGE = 30
const TRY_AGAIN_MS = 2_000

export interface ChatListOptions {
  readonly filter: ChatFilter
  readonly rest: Rest
  readonly selfId: () => string | undefined
  readonly onClose: () => void
}

/** What the rest of the client sees of a list of chats. */
export interface LiveChatList extends ChatList {
  receive(push: Push): void
  /** Loads the first page again: pushes may have been missed, or a chat is not in the list. */
  refresh(): Promise<void>
  setMine(chatId: string, mine: Mine): void
}

/**
 * A list of chats: loaded by REST, kept in step by pushes. These are best effort and may overtake an answer, so that what
 * only ever grows (last message, read mark) is merged by its number; what does not fit together is loaded again.
 */
export function createChatList({ filter, rest, selfId, onClose }: ChatListOptions): LiveChatList {
  const { archived = false, type, orderId, q } = filter
  const entries = new Map<string, ListedChat>()
  let nextCursor: string | null = null
  let isLoaded = false
  let isLoading = false
  let isStale = false
  let hasEnded = false
  let error: ParleyFailure | null = null

  const observed = createObserved(() => {
    const chats = [...entries.values()].sort(byActivity)
    return {
      chats,
      unreadChats: chats.filter(({ mine }) => mine.unread > 0).length,
      isLoaded,
      isLoading,
      hasMore: nextCursor !== null,
      error,
    }
  })
  const { changed } = observed

  async function load(cursor: string | null): Promise<void> {
    const query = new URLSearchParams({ archived: String(archived), limit: String(PAGE) })
    for (const [name, value] of Object.entries({ type, orderId, q, cursor: cursor ?? undefined }))
      if (value) query.set(name, value)
    const page = await rest.call<Page<ListedChat>>('GET', `/chats?${query}`)
    nextCursor = page.pagination.nextCursor
    const current = new Set(page.data.map(({ id }) => id))
    // What is missing on a page that is all there is has gone; otherwise it may be on a later one.
    if (cursor === null && nextCursor === null)
      for (const id of [...entries.keys()]) if (!current.has(id)) entries.delete(id)
    for (const chat of page.data) entries.set(chat.id, merged(entries.get(chat.id), chat))
  }

  async function refresh(): Promise<void> {
    isStale = true
    if (isLoading) return
    isLoading = true
    changed()
    while (isStale && !hasEnded) {
      isStale = false
      try {
        await load(null)
        isLoaded = true
        error = null
      } catch (thrown) {
        error = failureOf(thrown)
        // Without a connection the next one loads it.
        if (!error.temporary || error.code === 'offline') break
        isStale = true
        changed()
        await wait(error.retryAfterMs ?? TRY_AGAIN_MS)
      }
    }
    isLoading = false
    changed()
  }

  /** False: the chat is not in the list. */
  function update(chatId: string, change: (chat: ListedChat) => Partial<ListedChat>): boolean {
    const chat = entries.get(chatId)
    if (!chat) return false
    const next = { ...chat, ...change(chat) }
    const { mine, lastSeq } = next
    next.mine = { ...mine, unread: Math.max(0, lastSeq - mine.lastReadSeq) }
    if (archived !== 'all' && (mine.archivedAt !== null) !== archived) entries.delete(chatId)
    else entries.set(chatId, next)
    changed()
    return true
  }

  function said(chatId: string, message: Message): boolean {
    return update(chatId, (chat) => ({
      lastSeq: Math.max(chat.lastSeq, message.seq),
      lastMessage: newer(chat.lastMessage, message),
    }))
  }

  function markRead(chatId: string, seq: number): void {
    update(chatId, ({ mine }) => ({ mine: { ...mine, lastReadSeq: Math.max(mine.lastReadSeq, seq) } }))
  }

  function receive(push: Push): void {
    switch (push.type) {
      case 'message':
        if (push.message.sender.id === selfId()) markRead(push.message.chatId, push.message.seq)
        if (!said(push.message.chatId, push.message)) void refresh()
        break
      case 'message_edited':
      case 'message_deleted':
        said(push.message.chatId, push.message)
        break
      case 'chat_activity': {
        const { chatId, lastMessage, unread, archivedAt } = push
        markRead(chatId, lastMessage.seq - unread)
        said(chatId, lastMessage)
        if (!update(chatId, ({ mine }) => ({ mine: { ...mine, archivedAt } }))) void refresh()
        break
      }
      case 'chat_updated': {
        const { id, subject, metadata, closedAt, memberCount } = push.chat
        update(id, () => ({ subject, metadata, closedAt, memberCount }))
        if (push.change.type.startsWith('member_')) void refresh()
        break
      }
      case 'chat_added':
        void refresh()
        break
      case 'removed':
        if (entries.delete(push.chatId)) changed()
        break
      case 'presence':
        update(push.chatId, ({ members }) => ({
          members: members.map((member) =>
            member.userId === push.userId
              ? { ...member, online: push.online, lastSeen: push.lastSeen }
              : member,
          ),
        }))
        break
      case 'read':
        if (push.userId === selfId()) markRead(push.chatId, push.seq)
        break
    }
  }

  return {
    get state() {
      return observed.state
    },
    subscribe: observed.subscribe,
    receive,
    refresh,
    setMine: (chatId, mine) => {
      if (!update(chatId, () => ({ mine }))) void refresh()
    },
    async loadMore() {
      if (isLoading || nextCursor === null) return
      isLoading = true
      changed()
      try {
        await load(nextCursor)
        error = null
      } catch (thrown) {
        error = failureOf(thrown)
      }
      isLoading = false
      changed()
      if (isStale) void refresh()
    },
    close() {
      hasEnded = true
      onClose()
    },
  }
}

function merged(known: ListedChat | undefined, chat: ListedChat): ListedChat {
  if (!known) return chat
  const lastSeq = Math.max(known.lastSeq, chat.lastSeq)
  const lastReadSeq = Math.max(known.mine.lastReadSeq, chat.mine.lastReadSeq)
  return {
    ...chat,
    lastSeq,
    lastMessage: newer(known.lastMessage, chat.lastMessage),
    mine: { ...chat.mine, lastReadSeq, unread: Math.max(0, lastSeq - lastReadSeq) },
  }
}

function newer(a: Message | null, b: Message | null): Message | null {
  if (!a || !b) return a ?? b
  return b.seq > a.seq || (b.seq === a.seq && b.rev >= a.rev) ? b : a
}

function byActivity(a: ListedChat, b: ListedChat): number {
  const [first, second] = [activityOf(a), activityOf(b)]
  return first === second ? a.id.localeCompare(b.id) : first < second ? 1 : -1
}

function activityOf({ lastMessage, createdAt }: ListedChat): string {
  return lastMessage?.createdAt ?? createdAt
}
