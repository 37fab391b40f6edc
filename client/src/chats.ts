import { createChatList, type LiveChatList } from './chat-list.js'
import type { Connection } from './connection.js'
import { createOpenChat, type JoinedChat } from './open-chat.js'
import type { Outbox } from './outbox.js'
import type { Chat, Mine, Push, Sent } from './protocol.js'
import type { Rest } from './rest.js'
import type { Chats } from './types.js'

/** Chats of one `resume` (contract, section 3). */
const CHATS_PER_RESUME = 500
/** Going from one chat to another and back does not load it again. */
const KEPT = 20
/** What is closed and opened again in one go was never left. */
const LEAVE_AFTER_MS = 1_000

export interface ChatsOptions {
  readonly connection: Connection
  readonly rest: Rest
  readonly outbox: Outbox
  readonly user: () => { readonly id: string; readonly fullName: string } | null
}

interface Opened {
  readonly chat: JoinedChat
  /** `open`s that have not met their `close` yet. */
  holders: number
  leaving: ReturnType<typeof setTimeout> | undefined
  isJoined: boolean
}

/** The chats that are open, the lists that are shown, and what keeps both in step. */
export function createChats({ connection, rest, outbox, user }: ChatsOptions) {
  /** By id; those that nobody holds first, the one that was left last at the end. */
  const opened = new Map<string, Opened>()
  const lists = new Set<LiveChatList>()

  function open(chatId: string): JoinedChat {
    const known = opened.get(chatId)
    if (known) {
      known.holders += 1
      clearTimeout(known.leaving)
      if (!known.isJoined) {
        known.isJoined = true
        void known.chat.catchUp()
      }
      return known.chat
    }
    const onClose = () => close(chatId)
    const chat = createOpenChat({ chatId, connection, rest, outbox, user, onClose })
    opened.set(chatId, { chat, holders: 1, leaving: undefined, isJoined: true })
    void chat.catchUp()
    return chat
  }

  function close(chatId: string): void {
    const left = opened.get(chatId)
    if (!left || left.holders === 0) return
    left.holders -= 1
    if (left.holders > 0) return
    left.chat.stopTyping()
    left.leaving = setTimeout(() => leave(chatId, left), LEAVE_AFTER_MS)
  }

  function leave(chatId: string, left: Opened): void {
    left.isJoined = false
    left.chat.suspend()
    connection.request('leave', { chatId }).catch(() => {})
    opened.delete(chatId)
    opened.set(chatId, left)
    const unheld = [...opened].filter(([, { isJoined }]) => !isJoined)
    for (const [id, { chat }] of unheld.slice(0, -KEPT)) {
      chat.end()
      opened.delete(id)
    }
  }

  /** After a connection was away: one question for all chats that were here before. */
  function resume(): void {
    const joined = [...opened.values()].flatMap(({ chat, isJoined }) => (isJoined ? [chat] : []))
    const byEpoch = new Map<string, [JoinedChat, number][]>()
    for (const chat of joined) {
      const position = chat.position()
      if (!position) void chat.catchUp()
      else byEpoch.set(position.epoch, [...(byEpoch.get(position.epoch) ?? []), [chat, position.rev]])
    }
    for (const [epoch, chats] of byEpoch)
      for (let from = 0; from < chats.length; from += CHATS_PER_RESUME) {
        const some = chats.slice(from, from + CHATS_PER_RESUME)
        const revs = Object.fromEntries(some.map(([{ chatId }, rev]) => [chatId, rev]))
        const answer = connection.request('resume', { chats: revs, epoch })
        for (const [chat] of some) void chat.catchUp(answer.then((data) => data.chats[chat.chatId]))
      }
  }

  connection.on('online', () => {
    resume()
    for (const list of lists) void list.refresh()
  })
  connection.on('offline', () => {
    for (const { chat } of opened.values()) chat.suspend()
  })

  async function setArchived(chatId: string, verb: string, body: object): Promise<Mine> {
    const mine = await rest.call<Mine>('POST', `/chats/${encodeURIComponent(chatId)}/${verb}`, body)
    opened.get(chatId)?.chat.setMine(mine)
    for (const list of lists) list.setMine(chatId, mine)
    return mine
  }

  const chats: Chats = {
    open,
    list(filter = {}) {
      const list: LiveChatList = createChatList({
        filter,
        rest,
        selfId: () => user()?.id,
        onClose: () => void lists.delete(list),
      })
      lists.add(list)
      void list.refresh()
      return list
    },
    async create({ idempotencyKey, ...chat }) {
      const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }
      const made = await rest.call<Chat>('POST', '/chats', chat, headers)
      for (const list of lists) void list.refresh()
      return made
    },
    archive: async (chatId, { sticky = false } = {}) => await setArchived(chatId, 'archive', { sticky }),
    unarchive: async (chatId) => await setArchived(chatId, 'unarchive', {}),
  }

  return {
    chats,
    receive(push: Push): void {
      for (const list of lists) list.receive(push)
      const chatId = chatOf(push)
      if (chatId !== undefined) opened.get(chatId)?.chat.receive(push)
    },
    outboxChanged: (chatId: string) => opened.get(chatId)?.chat.outboxChanged(),
    committed: (chatId: string, sent: Sent) => opened.get(chatId)?.chat.committed(sent) ?? false,
    end(): void {
      for (const { chat, leaving } of opened.values()) {
        clearTimeout(leaving)
        chat.end()
      }
      for (const list of lists) list.close()
    },
  }
}

function chatOf(push: Push): string | undefined {
  if ('chatId' in push) return push.chatId
  if ('message' in push) return push.message.chatId
  return push.type === 'chat_updated' ? push.chat.id : undefined
}
