import type { Context } from './context.js'
import { failureOf } from './errors.js'
import { createObserved } from './listeners.js'
import type { Archived, ListedChat, Message, Page, Push } from './protocol.js'
import type { ChatFilter, ChatList, ParleyFailure } from './types.js'

/** A list that could not be loaded is asked for again after this. */
const AGAIN_MS = 5_000

/** What the rest of the client sees of a list of chats. */
export interface LiveChatList extends ChatList {
  receive(push: Push | Archived, chatId: string): void
  /** Loads the first page again: pushes may have been missed, or a chat is not in the list. */
  refresh(): void
}

/**
 * A list of chats: loaded by REST, kept in step by pushes. These are best effort and may overtake an answer, so that what
 * only ever grows (last message, read mark) is merged by its number; what does not fit together is loaded again.
 */
export function createChatList(
  { archived = false, ...words }: ChatFilter,
  { rest, user }: Context,
  onClose: () => void,
): LiveChatList {
  const entries = new Map<string, ListedChat>()
  let nextCursor: string | null = null
  let isLoaded = false
  let loading: Promise<void> | undefined
  let isStale = false
  let hasEnded = false
  let error: ParleyFailure | null = null

  const observed = createObserved(() => {
    const chats = [...entries.values()].sort((a, b) => (activityOf(a) < activityOf(b) ? 1 : -1))
    return { chats, isLoaded, isLoading: loading !== undefined, hasMore: nextCursor !== null, error }
  })

  const { changed } = observed

  function set(chat: ListedChat): void {
    entries.set(chat.id, merged(entries.get(chat.id) ?? chat, chat))
    if (archived !== 'all' && archived === (chat.mine.archivedAt === null)) entries.delete(chat.id)
    changed()
  }

  async function loadPage(cursor: string | null): Promise<void> {
    isStale = false
    try {
      const query = new URLSearchParams({ archived: `${archived}` })
      for (const [name, word] of Object.entries({ ...words, cursor })) if (word) query.set(name, word)
      const { data, pagination } = await rest<Page<ListedChat>>(`/chats?${query}`)
      // A first page that is all there is says also what has gone.
      if (!cursor && !pagination.nextCursor)
        for (const id of entries.keys()) if (!data.some((chat) => chat.id === id)) entries.delete(id)
      nextCursor = pagination.nextCursor
      data.forEach(set)
      isLoaded = true
      error = null
    } catch (thrown) {
      error = failureOf(thrown)
      if (error.temporary) setTimeout(refresh, AGAIN_MS)
    }
    loading = undefined
    changed()
    if (isStale) refresh()
  }

  /** One page at a time: the one that is on its way, where there is one. */
  async function load(cursor: string | null): Promise<void> {
    // What is missed meanwhile is asked for after it.
    if (loading && !cursor) isStale = true
    if (!hasEnded) loading ??= loadPage(cursor)
    changed()
    await loading
  }

  const refresh = () => void load(null)

  function receive(push: Push | Archived, chatId: string): void {
    const chat = entries.get(chatId)
    if (push.type === 'removed') entries.delete(chatId)
    // It is new, or something else has changed than what is in the push.
    else if ('chat' in push) refresh()
    else if (chat) set({ ...chat, ...changeOf(chat, push, user()?.id) })
    // It may belong here now.
    else if ('archivedAt' in push || 'mine' in push) refresh()
    changed()
  }

  return Object.assign(observed, {
    receive,
    refresh,
    async loadMore() {
      if (nextCursor) await load(nextCursor)
    },
    close() {
      hasEnded = true
      onClose()
    },
  })
}

/** What a push changes in the list. */
function changeOf({ mine }: ListedChat, push: Push | Archived, selfId = ''): Partial<ListedChat> {
  if ('message' in push) {
    const { seq, sender } = push.message
    // Saying something moves one's own mark.
    const lastReadSeq = sender.id === selfId ? seq : mine.lastReadSeq
    return { lastMessage: push.message, mine: { ...mine, lastReadSeq } }
  }
  if ('mine' in push) return { mine: push.mine }
  if (push.type === 'read' && push.userId === selfId) return { mine: { ...mine, lastReadSeq: push.seq } }
  if (push.type !== 'chat_activity') return {}
  const { lastMessage, unread, archivedAt } = push
  return { lastMessage, mine: { ...mine, archivedAt, lastReadSeq: lastMessage.seq - unread } }
}

function merged(known: ListedChat, chat: ListedChat): ListedChat {
  const lastMessage = newer(known.lastMessage, chat.lastMessage)
  const lastSeq = Math.max(known.lastSeq, chat.lastSeq, lastMessage?.seq ?? 0)
  const lastReadSeq = Math.max(known.mine.lastReadSeq, chat.mine.lastReadSeq)
  return { ...chat, lastMessage, lastSeq, mine: { ...chat.mine, lastReadSeq, unread: lastSeq - lastReadSeq } }
}

function newer(a: Message | null, b: Message | null): Message | null {
  if (!a || !b) return a ?? b
  return b.seq > a.seq || (b.seq === a.seq && b.rev >= a.rev) ? b : a
}

function activityOf({ lastMessage, createdAt }: ListedChat): string {
  return lastMessage?.createdAt ?? createdAt
}
