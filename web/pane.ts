// One person's phone: a connection, a chat list and at most one open conversation, kept in step.

import { type Api, ApiError, createApi, type TokenSource } from './api.js'
import {
  type ConversationStore,
  createConversationStore,
  type Outgoing,
  TYPING_LASTS_MS,
} from './conversation-store.js'
import { type ConversationView, createConversationView } from './conversation-view.js'
import { button, el, setText } from './dom.js'
import { createInboxStore } from './inbox-store.js'
import { createInboxView } from './inbox-view.js'
import { type ConnectionStatus, createConnection, RequestError } from './socket.js'
import { clockTime, lastSeenLabel } from './time.js'
import type { ChatEvent, Member, Push, SendAck } from './types.js'
import { readJoinData, readLastReadSeq, readSendAck } from './wire.js'

export interface PaneOptions {
  userId: string
  fullName: string
  role: string
  tokens: TokenSource
  wsUrl: string
  /** Whom this person may write to of their own accord; absent: nobody. */
  inquiryTo?: { userId: string; fullName: string }
}

/** The conversation on the screen. A new one for every opening, so that late answers find themselves outdated. */
interface Opened {
  store: ConversationStore
  view: ConversationView
  syncing: boolean
  loadingOlder: boolean
}

const MAX_CONTENT_BYTES = 8_192
const MAX_UNSENT = 50
const KEPT_CONVERSATIONS = 20
const TYPING_EVERY_MS = 2_000
const TYPING_STOPS_AFTER_MS = 3_000
const NOTICE_LASTS_MS = 6_000
// An own message is pushed within 5 s of its commit, even in the worst case; after this the page asks.
const ECHO_WITHIN_MS = 6_000
const RETRY_MS = 2_000

const STATUS_TEXT = {
  connecting: 'Connecting…',
  online: 'Connected',
  waiting: 'Reconnecting…',
} as const

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

const reasonOf = (error: unknown): string =>
  error instanceof RequestError || error instanceof ApiError
    ? error.message
    : 'The server could not be reached'

const isTemporary = (error: unknown): boolean => error instanceof RequestError && error.temporary

const isDisconnect = (error: unknown): boolean =>
  error instanceof RequestError && error.code === 'disconnected'

const retryDelay = (error: unknown): number =>
  (error instanceof RequestError ? error.retryAfterMs : null) ?? RETRY_MS / 2 + Math.random() * RETRY_MS

const initialsOf = (name: string): string =>
  name
    .split(' ')
    .map((part) => part.charAt(0))
    .join('')
    .slice(0, 2)

const typingLabel = (names: string[]): string => {
  if (names.length === 0) return ''
  return names.length === 1 ? `${names[0]} is typing…` : `${names.join(', ')} are typing…`
}

const presenceLabel = (others: Member[], known: boolean): string => {
  const [first, ...rest] = others
  if (!first) return 'Nobody else here'
  if (!known) return others.map((member) => member.fullName).join(', ')
  if (rest.length > 0) {
    return `${others.filter((member) => member.online).length} of ${others.length} online`
  }
  if (first.online) return `${first.fullName} · online`
  return `${first.fullName} · ${first.lastSeen === null ? 'offline' : lastSeenLabel(first.lastSeen)}`
}

export const createPane = (options: PaneOptions) => {
  const { userId: selfId, inquiryTo } = options
  const api: Api = createApi(options.tokens)
  const inbox = createInboxStore(selfId)
  // Kept after going back: unsent messages stay on their way, and coming back resumes instead of loading anew.
  const stores = new Map<string, ConversationStore>()
  const drafts = new Map<string, string>()
  const sending = new Set<string>()

  let opened: Opened | undefined
  let online = false
  let showArchived = false
  let inboxLoaded = false
  let inboxRefresh: 'idle' | 'running' | 'again' = 'idle'
  let reading = false
  let typingSentAt = 0
  let typingStopTimer: number | undefined
  let typingShownTimer: number | undefined
  let noticeTimer: number | undefined
  let renderQueued = false

  const statusText = el('span')
  const reconnect = button('Reconnect', () => connection.restart(), { class: 'link', testid: 'reconnect' })
  const status = el('p', { class: 'status', testid: 'status', attributes: { role: 'status' } }, [
    el('span', { class: 'dot', attributes: { 'aria-hidden': 'true' } }),
    statusText,
  ])
  const notice = el('p', { class: 'notice', testid: 'notice', attributes: { role: 'status' } })
  notice.hidden = true
  const body = el('div', { class: 'phone-body' })
  const heading = el('h2', { text: options.fullName, attributes: { id: `pane-${selfId}-name` } })
  const root = el(
    'section',
    {
      class: `phone phone-${options.role}`,
      testid: `pane-${selfId}`,
      attributes: { 'aria-labelledby': `pane-${selfId}-name` },
    },
    [
      el('header', { class: 'phone-bar' }, [
        el('span', {
          class: 'avatar',
          text: initialsOf(options.fullName),
          attributes: { 'aria-hidden': 'true' },
        }),
        el('div', { class: 'heading' }, [heading, el('p', { class: 'role', text: options.role })]),
        status,
        reconnect,
      ]),
      notice,
      body,
    ],
  )

  const showNotice = (text: string) => {
    clearTimeout(noticeTimer)
    setText(notice, text)
    notice.hidden = false
    noticeTimer = setTimeout(() => {
      notice.hidden = true
    }, NOTICE_LASTS_MS)
  }

  const render = () => {
    if (!opened) {
      inboxView.render({
        items: inbox.items(showArchived),
        showArchived,
        loading: !inboxLoaded,
        hasMore: inbox.nextCursor() !== null,
      })
      return
    }
    const { store, view } = opened
    const others = store.others()
    const chat = store.chat()
    view.render({
      title: chat ? (chat.subject ?? inbox.title(chat.id)) : inbox.title(store.chatId),
      online: online && others.some((member) => member.online),
      presence: chat ? presenceLabel(others, online) : '',
      archived: (store.mine()?.archivedAt ?? null) !== null,
      closed: (chat?.closedAt ?? null) !== null,
      loading: chat === undefined,
      hasOlder: store.hasOlder(),
      loadingOlder: opened.loadingOlder,
      showAuthors: others.length > 1,
      typing: typingLabel(store.typingNames(Date.now())),
      unreadElsewhere: inbox.unreadElsewhere(store.chatId),
      bubbles: store.bubbles(),
    })
  }

  /** A burst of frames makes one rendering. */
  const changed = () => {
    if (renderQueued) return
    renderQueued = true
    queueMicrotask(() => {
      renderQueued = false
      render()
    })
  }

  // --- the chat list

  const refreshInbox = async () => {
    if (inboxRefresh !== 'idle') {
      inboxRefresh = 'again'
      return
    }
    do {
      inboxRefresh = 'running'
      try {
        const page = await api.listChats()
        inbox.replace(page.items, page.nextCursor)
        inboxLoaded = true
      } catch (error) {
        showNotice(`The chat list could not be loaded: ${reasonOf(error)}`)
        await pause(RETRY_MS)
        // A reconnect loads the list anyway.
        if (online) inboxRefresh = 'again'
      }
      changed()
    } while (hasToRepeat())
    inboxRefresh = 'idle'
  }
  const hasToRepeat = () => inboxRefresh === 'again'

  const loadMoreChats = async () => {
    const cursor = inbox.nextCursor()
    if (cursor === null) return
    try {
      const page = await api.listChats(cursor)
      inbox.append(page.items, page.nextCursor)
    } catch (error) {
      showNotice(`No more chats could be loaded: ${reasonOf(error)}`)
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

  // --- the open conversation

  /** Asks until everything up to now is here. Any answer for a conversation that was left meanwhile is dropped. */
  const sync = async () => {
    const target = opened
    if (!target || !online || target.syncing) return
    target.syncing = true
    const { store } = target
    try {
      let before: number | undefined
      while (opened === target && store.needsSync()) {
        const position = store.position()
        if (position.afterRev !== undefined && position.afterRev === before) await pause(RETRY_MS / 4)
        before = position.afterRev
        const reply = await connection.request({ type: 'join', chatId: store.chatId, ...position })
        if (opened !== target) return
        store.applyJoin(readJoinData(reply), position.afterRev === undefined)
        changed()
      }
    } catch (error) {
      if (opened === target) void recoverSync(target, error)
      return
    } finally {
      target.syncing = false
    }
    flush(store)
    void markVisibleRead()
  }

  const recoverSync = async (target: Opened, error: unknown) => {
    if (isDisconnect(error)) return // the next connection syncs
    if (error instanceof RequestError && error.code === 'not_a_member') {
      forget(target.store.chatId)
      return
    }
    if (!isTemporary(error)) {
      showNotice(`The conversation could not be loaded: ${reasonOf(error)}`)
      return
    }
    await pause(retryDelay(error))
    if (opened === target) void sync()
  }

  const storeFor = (chatId: string): ConversationStore => {
    const known = stores.get(chatId)
    if (known) return known
    for (const [id, store] of stores) {
      if (stores.size < KEPT_CONVERSATIONS) break
      if (store.unsentCount() === 0) stores.delete(id)
    }
    const store = createConversationStore(chatId, selfId)
    stores.set(chatId, store)
    return store
  }

  const open = (chatId: string) => {
    if (opened) close()
    const store = storeFor(chatId)
    const view = createConversationView({
      back: () => {
        close()
        inboxView.focusItem(chatId)
      },
      toggleArchived: () => void toggleArchived(chatId),
      loadOlder: () => void loadOlder(),
      send,
      input: typed,
      leaveComposer: stopTyping,
      retry: (clientId) => {
        store.retry(clientId)
        changed()
        flush(store)
      },
      giveUp: (clientId) => {
        store.giveUp(clientId)
        changed()
      },
    })
    view.setDraft(drafts.get(chatId) ?? '')
    opened = { store, view, syncing: false, loadingOlder: false }
    body.replaceChildren(view.root)
    render()
    view.toEnd()
    view.focusComposer()
    void sync()
  }

  const close = () => {
    if (!opened) return
    const { store, view } = opened
    stopTyping()
    drafts.set(store.chatId, view.draft())
    if (document.visibilityState === 'visible' && !store.needsSync()) {
      inbox.markRead(store.chatId, store.lastSeq())
    }
    opened = undefined
    connection.notify({ type: 'leave', chatId: store.chatId })
    store.suspend()
    body.replaceChildren(inboxView.root)
    render()
  }

  /** The chat is no longer this person's to see. */
  const forget = (chatId: string) => {
    const title = inbox.title(chatId)
    const wasOpen = opened?.store.chatId === chatId
    if (wasOpen) close()
    stores.delete(chatId)
    drafts.delete(chatId)
    inbox.remove(chatId)
    if (wasOpen) showNotice(`You are no longer part of “${title}”.`)
    changed()
  }

  const loadOlder = async () => {
    const target = opened
    if (!target || target.loadingOlder) return
    target.loadingOlder = true
    changed()
    try {
      target.store.addOlder(await api.messagesBefore(target.store.chatId, target.store.floor()))
    } catch (error) {
      showNotice(`Older messages could not be loaded: ${reasonOf(error)}`)
    }
    target.loadingOlder = false
    changed()
  }

  const toggleArchived = async (chatId: string) => {
    const store = storeFor(chatId)
    const archive = (store.mine()?.archivedAt ?? null) === null
    try {
      const mine = await api.setArchived(chatId, archive)
      store.setMine(mine)
      inbox.setMine(chatId, mine)
      if (archive && opened?.store === store) {
        close()
        inboxView.focusItem(undefined)
      }
      showNotice(archive ? 'Archived. A new message brings it back.' : 'Back among the chats.')
    } catch (error) {
      showNotice(`That did not work: ${reasonOf(error)}`)
    }
    changed()
  }

  const newInquiry = async (to: { userId: string; fullName: string }) => {
    try {
      const chat = await api.createChat({
        type: 'general',
        subject: `Inquiry, ${clockTime(new Date().toISOString())}`,
        members: [{ userId: to.userId }],
      })
      await refreshChat(chat.id)
      open(chat.id)
    } catch (error) {
      showNotice(`The inquiry could not be started: ${reasonOf(error)}`)
    }
  }

  // --- reading

  /** What is on the screen counts as read; one request at a time, always for the newest. */
  const markVisibleRead = async () => {
    if (reading || !online || document.visibilityState !== 'visible') return
    const store = opened?.store
    if (!store || store.needsSync()) return
    const seq = store.lastSeq()
    if (seq <= (store.mine()?.lastReadSeq ?? 0)) return
    reading = true
    try {
      const done = readLastReadSeq(await connection.request({ type: 'read', chatId: store.chatId, seq }))
      store.markRead(selfId, done)
      inbox.markRead(store.chatId, done)
    } catch {
      // The next message, look or connection tries again.
      return
    } finally {
      reading = false
    }
    changed()
    void markVisibleRead()
  }

  // --- writing

  const send = (text: string): boolean => {
    const store = opened?.store
    if (!store) return false
    if (new TextEncoder().encode(text).length > MAX_CONTENT_BYTES) {
      showNotice('That message is too long: at most 8 KB of text.')
      return false
    }
    if (store.unsentCount() >= MAX_UNSENT) {
      showNotice('Too many messages are still waiting to be sent.')
      return false
    }
    store.startSend({
      clientId: crypto.randomUUID(),
      content: text,
      startedAt: new Date().toISOString(),
    })
    stopTyping()
    changed()
    flush(store)
    return true
  }

  /** One message after the other, so that what was written first is said first. */
  const flush = (store: ConversationStore) => void flushQueue(store)

  const flushQueue = async (store: ConversationStore) => {
    if (sending.has(store.chatId)) return
    sending.add(store.chatId)
    try {
      for (let line = store.nextQueued(); line && online; line = store.nextQueued()) {
        await deliver(store, line)
        changed()
      }
    } finally {
      sending.delete(store.chatId)
    }
  }

  const deliver = async (store: ConversationStore, line: Outgoing) => {
    const { clientId, content } = line
    try {
      const reply = await connection.request({ type: 'send', chatId: store.chatId, clientId, content })
      const ack = readSendAck(reply)
      store.acked(clientId, ack)
      setTimeout(() => askForEcho(store, ack), ECHO_WITHIN_MS)
    } catch (error) {
      // Still queued. It may have arrived or not; the same clientId makes a second try harmless.
      if (isDisconnect(error)) return
      if (isTemporary(error)) await pause(retryDelay(error))
      else store.failed(clientId, reasonOf(error))
    }
  }

  const askForEcho = (store: ConversationStore, ack: SendAck) => {
    if (opened?.store !== store || !online || !store.lacks(ack)) return
    store.suspend()
    void sync()
  }

  const typed = (text: string) => {
    const chatId = opened?.store.chatId
    if (chatId === undefined) return
    if (text.trim() === '') {
      stopTyping()
      return
    }
    clearTimeout(typingStopTimer)
    typingStopTimer = setTimeout(stopTyping, TYPING_STOPS_AFTER_MS)
    if (Date.now() - typingSentAt < TYPING_EVERY_MS) return
    typingSentAt = Date.now()
    connection.notify({ type: 'typing', chatId, active: true })
  }

  const stopTyping = () => {
    clearTimeout(typingStopTimer)
    const chatId = opened?.store.chatId
    if (typingSentAt === 0 || chatId === undefined) return
    typingSentAt = 0
    connection.notify({ type: 'typing', chatId, active: false })
  }

  // --- what the server says

  const onEvent = (event: ChatEvent) => {
    if (event.type !== 'chat_updated') inbox.said(event.message)
    const store = opened?.store
    if (!store || store.chatId !== event.chatId) return
    store.applyEvent(event)
    // The push names who changed, not all that a member has; the join reply does.
    if (event.type === 'chat_updated' && event.membersChanged) {
      store.suspend()
      void refreshChat(event.chatId)
    }
    if (store.needsSync()) void sync()
    else void markVisibleRead()
  }

  const onPush = (push: Push) => {
    const store = 'chatId' in push && opened?.store.chatId === push.chatId ? opened.store : undefined
    switch (push.type) {
      case 'message':
      case 'message_edited':
      case 'message_deleted':
      case 'chat_updated':
        onEvent(push)
        break
      case 'chat_added':
        inbox.merge({ chat: push.chat, mine: push.mine, lastMessage: null, members: [] })
        void refreshChat(push.chat.id)
        break
      case 'chat_activity': {
        if (!inbox.activity(push)) void refreshInbox()
        const mine = store?.mine()
        if (store && mine) store.setMine({ ...mine, archivedAt: push.archivedAt })
        break
      }
      case 'removed':
        forget(push.chatId)
        break
      case 'presence':
        store?.setPresence(push.userId, push.online, push.lastSeen)
        break
      case 'typing':
        store?.setTyping(push.userId, push.active, Date.now())
        clearTimeout(typingShownTimer)
        typingShownTimer = setTimeout(changed, TYPING_LASTS_MS)
        break
      case 'read':
        store?.markRead(push.userId, push.seq)
        if (push.userId === selfId) inbox.markRead(push.chatId, push.seq)
        break
    }
    changed()
  }

  const onStatus = (next: ConnectionStatus) => {
    root.dataset.connection = next.kind
    reconnect.hidden = next.kind !== 'stopped'
    setText(statusText, next.kind === 'stopped' ? next.reason : STATUS_TEXT[next.kind])
    const isOnline = next.kind === 'online'
    if (isOnline !== online) {
      online = isOnline
      if (isOnline) {
        void refreshInbox()
        void sync()
        for (const store of stores.values()) if (store !== opened?.store) flush(store)
      } else {
        opened?.store.suspend()
      }
    }
    changed()
  }

  const inboxView = createInboxView({
    open,
    toggleArchived: () => {
      showArchived = !showArchived
      changed()
    },
    more: () => void loadMoreChats(),
    ...(inquiryTo ? { newInquiry: () => void newInquiry(inquiryTo) } : {}),
  })
  const connection = createConnection({ url: options.wsUrl, tokens: options.tokens, onPush, onStatus })

  body.append(inboxView.root)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState !== 'visible') return
    connection.hurry()
    void markVisibleRead()
  })
  window.addEventListener('online', connection.hurry)
  connection.start()
  return { root }
}
