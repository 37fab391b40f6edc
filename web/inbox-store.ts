// The chat list of one person. Snapshots (GET /chats) and pushes may overtake each other, so what only ever
// grows (last message, read mark) is merged by its number, and a late snapshot cannot take anything back.

import { filesLabel } from './file-labels.js'
import type { Chat, ChatSummary, Member, Message, Mine } from './types.js'

export type InboxStore = ReturnType<typeof createInboxStore>

export interface InboxItem {
  chatId: string
  title: string
  snippet: string
  at: string
  unread: number
  archived: boolean
  type: string
}

interface Entry {
  chat: Chat
  lastSeq: number
  lastReadSeq: number
  archivedAt: string | null
  lastMessage: Message | null
  members: Member[]
}

const newer = (a: Message | null, b: Message | null): Message | null => {
  if (!a || !b) return a ?? b
  return b.seq > a.seq || (b.seq === a.seq && b.rev >= a.rev) ? b : a
}

const snippetOf = (message: Message, selfId: string): string => {
  if (message.deletedAt !== null) return 'Message deleted'
  const text = message.content || filesLabel(message.attachments)
  if (message.kind === 'system') return text
  return message.sender?.id === selfId ? `You: ${text}` : text
}

const joinNames = (members: Member[], selfId: string): string =>
  members
    .filter((member) => member.userId !== selfId)
    .map((member) => member.fullName)
    .join(', ')

export const createInboxStore = (selfId: string) => {
  const entries = new Map<string, Entry>()
  let nextCursor: string | null = null

  const merge = (summary: ChatSummary) => {
    const { chat, mine, members } = summary
    const known = entries.get(chat.id)
    entries.set(chat.id, {
      chat,
      lastSeq: Math.max(chat.lastSeq, known?.lastSeq ?? 0),
      lastReadSeq: Math.max(mine.lastReadSeq, known?.lastReadSeq ?? 0),
      archivedAt: mine.archivedAt,
      lastMessage: newer(known?.lastMessage ?? null, summary.lastMessage),
      members: members.length > 0 ? members : (known?.members ?? []),
    })
  }

  const itemOf = (entry: Entry): InboxItem => {
    const { chat, lastMessage } = entry
    const names = joinNames(entry.members, selfId)
    return {
      chatId: chat.id,
      title: chat.subject ?? (names || 'Conversation'),
      snippet: lastMessage ? snippetOf(lastMessage, selfId) : names ? `With ${names}` : 'No messages yet',
      at: lastMessage?.createdAt ?? chat.createdAt,
      unread: Math.max(0, entry.lastSeq - entry.lastReadSeq),
      archived: entry.archivedAt !== null,
      type: chat.type,
    }
  }

  return {
    has: (chatId: string) => entries.has(chatId),
    title: (chatId: string) => {
      const entry = entries.get(chatId)
      return entry ? itemOf(entry).title : 'Conversation'
    },
    nextCursor: () => nextCursor,

    /** The first page, which also says what is gone. */
    replace(items: ChatSummary[], cursor: string | null) {
      const current = new Set(items.map((item) => item.chat.id))
      // With more pages to come, a chat that is missing here may simply be on a later one.
      if (cursor === null) for (const id of [...entries.keys()]) if (!current.has(id)) entries.delete(id)
      for (const item of items) merge(item)
      nextCursor = cursor
    },
    append(items: ChatSummary[], cursor: string | null) {
      for (const item of items) merge(item)
      nextCursor = cursor
    },
    merge,
    remove(chatId: string) {
      entries.delete(chatId)
    },

    /** False when the chat is not in the list: the list is out of date. */
    activity(push: {
      chatId: string
      lastMessage: Message | null
      unread: number
      archivedAt: string | null
    }): boolean {
      const entry = entries.get(push.chatId)
      if (!entry) return false
      const lastSeq = push.lastMessage?.seq ?? 0
      entries.set(push.chatId, {
        ...entry,
        lastSeq: Math.max(entry.lastSeq, lastSeq),
        lastReadSeq: Math.max(entry.lastReadSeq, lastSeq - push.unread),
        archivedAt: push.archivedAt,
        lastMessage: newer(entry.lastMessage, push.lastMessage),
      })
      return true
    },
    /** From the open conversation, which hears of messages sooner than the list does. */
    said(message: Message) {
      const entry = entries.get(message.chatId)
      if (!entry) return
      entries.set(message.chatId, {
        ...entry,
        lastSeq: Math.max(entry.lastSeq, message.seq),
        lastMessage: newer(entry.lastMessage, message),
      })
    },
    markRead(chatId: string, seq: number) {
      const entry = entries.get(chatId)
      if (entry && seq > entry.lastReadSeq) entries.set(chatId, { ...entry, lastReadSeq: seq })
    },
    setMine(chatId: string, mine: Mine) {
      const entry = entries.get(chatId)
      if (!entry) return
      entries.set(chatId, {
        ...entry,
        archivedAt: mine.archivedAt,
        lastReadSeq: Math.max(entry.lastReadSeq, mine.lastReadSeq),
      })
    },

    items(archived: boolean): InboxItem[] {
      return [...entries.values()]
        .map(itemOf)
        .filter((item) => item.archived === archived)
        .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : a.chatId.localeCompare(b.chatId)))
    },
    unreadElsewhere(chatId: string): number {
      return [...entries.values()].filter(
        (entry) => entry.chat.id !== chatId && entry.archivedAt === null && entry.lastSeq > entry.lastReadSeq,
      ).length
    },
  }
}
