// The chat list of one person: loaded by REST, kept in step by pushes, loaded anew where those were missed.

import type { Api } from './api.js'
import { pause, RETRY_MS, reasonOf } from './failures.js'
import { createInboxStore } from './inbox-store.js'
import { createInboxView } from './inbox-view.js'
import { clockTime } from './time.js'

export interface ChatListOptions {
  selfId: string
  /** Whom this person may write to of their own accord; absent: nobody. */
  inquiryTo?: { userId: string; fullName: string }
  api: Api
  isOnline(): boolean
  open(chatId: string): void
  notice(text: string): void
  changed(): void
}

export type ChatList = ReturnType<typeof createChatList>

export const createChatList = (options: ChatListOptions) => {
  const { selfId, inquiryTo, api, isOnline, open, notice, changed } = options
  const inbox = createInboxStore(selfId)
  let showArchived = false
  let isLoaded = false
  let refreshing: 'idle' | 'running' | 'again' = 'idle'

  const refresh = async () => {
    if (refreshing !== 'idle') {
      refreshing = 'again'
      return
    }
    do {
      refreshing = 'running'
      try {
        const page = await api.listChats()
        inbox.replace(page.items, page.nextCursor)
        isLoaded = true
      } catch (error) {
        notice(`The chat list could not be loaded: ${reasonOf(error)}`)
        await pause(RETRY_MS)
        // A reconnect loads the list anyway.
        if (isOnline()) refreshing = 'again'
      }
      changed()
    } while (hasToRepeat())
    refreshing = 'idle'
  }
  const hasToRepeat = () => refreshing === 'again'

  const more = async () => {
    const cursor = inbox.nextCursor()
    if (cursor === null) return
    try {
      const page = await api.listChats(cursor)
      inbox.append(page.items, page.nextCursor)
    } catch (error) {
      notice(`No more chats could be loaded: ${reasonOf(error)}`)
    }
    changed()
  }

  const refreshChat = async (chatId: string) => {
    try {
      inbox.merge(await api.chat(chatId))
      changed()
    } catch {
      // The list lacks a name until it is loaded the next time.
    }
  }

  const newInquiry = async (to: { userId: string }) => {
    try {
      const chat = await api.createChat({
        type: 'general',
        subject: `Inquiry, ${clockTime(new Date().toISOString())}`,
        members: [{ userId: to.userId }],
      })
      await refreshChat(chat.id)
      open(chat.id)
    } catch (error) {
      notice(`The inquiry could not be started: ${reasonOf(error)}`)
    }
  }

  const view = createInboxView({
    open,
    toggleArchived: () => {
      showArchived = !showArchived
      changed()
    },
    more: () => void more(),
    ...(inquiryTo ? { newInquiry: () => void newInquiry(inquiryTo) } : {}),
  })

  return {
    inbox,
    root: view.root,
    focusItem: view.focusItem,
    refresh,
    refreshChat,
    render: () =>
      view.render({
        items: inbox.items(showArchived),
        showArchived,
        loading: !isLoaded,
        hasMore: inbox.nextCursor() !== null,
      }),
  }
}
