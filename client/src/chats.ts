import { createChatList, type LiveChatList } from './chat-list.js'
import type { Context } from './context.js'
import { createOpenChat, type JoinedChat } from './open-chat.js'
import type { Archived, Chat, Mine, Push } from './protocol.js'
import type { Chats } from './types.js'

/** What is closed and opened again in one go was never left. */
const LEAVE_AFTER_MS = 1_000

/** The chats that are open, the lists that are shown, and what keeps both in step. */
export function createChats(context: Context) {
  const { connection, rest } = context
  /** By id; `holders` are the `open`s that have not met their `close` yet. */
  const opened = new Map<string, { readonly chat: JoinedChat; holders: number }>()
  const lists = new Set<LiveChatList>()

  function open(chatId: string): JoinedChat {
    const known = opened.get(chatId)
    if (known) {
      known.holders += 1
      return known.chat
    }
    const chat = createOpenChat(chatId, context, () => letGo(chatId))
    opened.set(chatId, { chat, holders: 1 })
    chat.catchUp()
    return chat
  }

  function letGo(chatId: string): void {
    const left = opened.get(chatId)
    if (!left) return
    left.holders -= 1
    left.chat.stopTyping()
    setTimeout(() => {
      if (left.holders > 0 || opened.get(chatId) !== left) return
      opened.delete(chatId)
      left.chat.suspend()
      // Without a connection there is nothing to leave.
      connection.request('leave', { chatId }).catch(() => {})
    }, LEAVE_AFTER_MS)
  }

  async function setArchived(chatId: string, verb: string, body: object): Promise<Mine> {
    const mine = await rest<Mine>(`/chats/${encodeURIComponent(chatId)}/${verb}`, body)
    receive({ type: 'archived', chatId, mine })
    return mine
  }

  function receive(push: Push | Archived): void {
    const chatId = chatOf(push)
    if (chatId === undefined) return
    for (const list of lists) list.receive(push, chatId)
    opened.get(chatId)?.chat.receive(push)
  }

  const chats: Chats = {
    open,
    list(filter = {}) {
      const list: LiveChatList = createChatList(filter, context, () => lists.delete(list))
      lists.add(list)
      list.refresh()
      return list
    },
    create: ({ idempotencyKey, ...chat }) => rest<Chat>('/chats', chat, { idempotencyKey }),
    archive: (chatId, options = {}) => setArchived(chatId, 'archive', options),
    unarchive: (chatId) => setArchived(chatId, 'unarchive', {}),
  }

  return {
    chats,
    of: (chatId: string) => opened.get(chatId)?.chat,

    /** There is a connection again. */
    resume(): void {
      for (const list of lists) list.refresh()
      for (const { chat } of opened.values()) chat.catchUp()
    },

    suspend(): void {
      for (const { chat } of opened.values()) chat.suspend()
    },

    receive,

    end(): void {
      for (const list of lists) list.close()
    },
  }
}

interface ChatPush {
  readonly type: string
  readonly chatId?: string
  readonly message?: { readonly chatId: string }
  readonly chat?: { readonly id: string }
}

function chatOf({ chatId, message, chat }: ChatPush): string | undefined {
  return chatId ?? message?.chatId ?? chat?.id
}
