// One person's phone: a connection, a chat list and at most one open conversation, kept in step.

import { createApi, type TokenSource } from './api.js'
import { createChatList } from './chat-list.js'
import { createConversationStore } from './conversation-store.js'
import { createConversations } from './conversations.js'
import { reasonOf } from './failures.js'
import { createOpenedConversation, type OpenedConversation } from './opened-conversation.js'
import { createOutbox } from './outbox.js'
import { createPhone } from './phone.js'
import { type ConnectionStatus, createConnection } from './socket.js'
import { createTray } from './tray.js'
import { createTurns } from './turns.js'
import type { AttachmentLimits, Push } from './types.js'

export interface PaneOptions {
  userId: string
  fullName: string
  role: string
  tokens: TokenSource
  wsUrl: string
  /** Whom this person may write to of their own accord; absent: nobody. */
  inquiryTo?: { userId: string; fullName: string }
}

// A browser opens six connections to a server. Both phones share them, and must stay able to ask for other things.
const UPLOADS_AT_ONCE = 2

export const createPane = (options: PaneOptions) => {
  const { userId: selfId, inquiryTo } = options
  const api = createApi(options.tokens)
  let opened: OpenedConversation | undefined
  let online = false
  let limits: AttachmentLimits = { bytes: 0, perMessage: 0 }
  let renderQueued = false

  const phone = createPhone({ ...options, reconnect: () => connection.restart() })
  const { notice } = phone
  const isOnline = () => online

  /** A burst of frames makes one rendering. */
  const changed = () => {
    if (renderQueued) return
    renderQueued = true
    queueMicrotask(() => {
      renderQueued = false
      render()
    })
  }
  const render = () => (opened ?? chatList).render()

  const inTurn = createTurns(UPLOADS_AT_ONCE)
  const conversations = createConversations((chatId) => ({
    store: createConversationStore(chatId, selfId),
    tray: createTray({ chatId, api, inTurn, limits: () => limits, changed }),
    draft: '',
  }))
  const outbox = createOutbox({
    request: (frame) => connection.request(frame),
    isOnline,
    echoDue: (store, ack) => {
      if (opened?.store === store) opened.askForEcho(ack)
    },
    ...{ notice, changed },
  })

  const open = (chatId: string) => {
    if (opened) close()
    opened = createOpenedConversation({
      ...{ selfId, api, connection, outbox, isOnline, notice, changed },
      conversation: conversations.of(chatId),
      canAttach: () => limits.bytes > 0,
      title: () => inbox.title(chatId),
      unreadElsewhere: () => inbox.unreadElsewhere(chatId),
      back: () => {
        close()
        chatList.focusItem(chatId)
      },
      toggleArchived: () => void toggleArchived(chatId),
      read: (seq) => inbox.markRead(chatId, seq),
      forget: () => forget(chatId),
      membersChanged: () => void chatList.refreshChat(chatId),
    })
    phone.show(opened.root)
    render()
    opened.start()
  }

  const close = () => {
    opened?.leave()
    opened = undefined
    phone.show(chatList.root)
    render()
  }

  /** The chat is no longer this person's to see. */
  const forget = (chatId: string) => {
    const title = inbox.title(chatId)
    const wasOpen = opened?.chatId === chatId
    if (wasOpen) close()
    conversations.forget(chatId)
    inbox.remove(chatId)
    if (wasOpen) notice(`You are no longer part of “${title}”.`)
    changed()
  }

  const toggleArchived = async (chatId: string) => {
    const { store } = conversations.of(chatId)
    const archive = (store.mine()?.archivedAt ?? null) === null
    try {
      const mine = await api.setArchived(chatId, archive)
      store.setMine(mine)
      inbox.setMine(chatId, mine)
      if (archive && opened?.store === store) {
        close()
        chatList.focusItem(undefined)
      }
      notice(archive ? 'Archived. A new message brings it back.' : 'Back among the chats.')
    } catch (error) {
      notice(`That did not work: ${reasonOf(error)}`)
    }
    changed()
  }

  const chatList = createChatList({
    ...{ selfId, api, isOnline, open, notice, changed },
    ...(inquiryTo ? { inquiryTo } : {}),
  })
  const { inbox } = chatList

  const onPush = (push: Push) => {
    switch (push.type) {
      case 'message':
      case 'message_edited':
      case 'message_deleted':
        inbox.said(push.message)
        break
      case 'chat_added':
        inbox.merge({ chat: push.chat, mine: push.mine, lastMessage: null, members: [] })
        void chatList.refreshChat(push.chat.id)
        break
      case 'chat_activity':
        if (!inbox.activity(push)) void chatList.refresh()
        break
      case 'removed':
        forget(push.chatId)
        break
      case 'read':
        if (push.userId === selfId) inbox.markRead(push.chatId, push.seq)
        break
    }
    if ('chatId' in push && push.chatId === opened?.chatId) opened.receive(push)
    changed()
  }

  const onStatus = (next: ConnectionStatus) => {
    phone.setStatus(next)
    if (next.kind === 'online') limits = next.attachments
    const isNowOnline = next.kind === 'online'
    if (isNowOnline !== online) {
      online = isNowOnline
      if (online) {
        void chatList.refresh()
        void opened?.sync()
        for (const store of conversations.stores()) if (store !== opened?.store) outbox.flush(store)
      } else {
        opened?.store.suspend()
      }
    }
    changed()
  }

  const connection = createConnection({ url: options.wsUrl, tokens: options.tokens, onPush, onStatus })

  phone.show(chatList.root)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible') return
    connection.hurry()
    void opened?.markVisibleRead()
  })
  window.addEventListener('online', connection.hurry)
  connection.start()
  return { root: phone.root }
}
