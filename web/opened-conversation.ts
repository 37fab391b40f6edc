// The conversation on the screen. A new one for every opening, so that late answers find themselves outdated.

import type { Api } from './api.js'
import { TYPING_LASTS_MS } from './conversation-store.js'
import { createConversationView } from './conversation-view.js'
import type { Conversation } from './conversations.js'
import { openInNewTab } from './dom.js'
import { isDisconnect, isTemporary, pause, RETRY_MS, reasonOf, retryDelay } from './failures.js'
import { presenceLabel, typingLabel } from './labels.js'
import type { Outbox } from './outbox.js'
import { type Connection, RequestError } from './socket.js'
import type { Attachment, ChatEvent, Push, SendAck } from './types.js'
import { createTypingNotice } from './typing-notice.js'
import { readJoinData, readLastReadSeq } from './wire.js'

export interface OpenedOptions {
  selfId: string
  conversation: Conversation
  api: Api
  connection: Connection
  outbox: Outbox
  isOnline(): boolean
  canAttach(): boolean
  /** What the chat list knows better: its title, and what else waits there. */
  title(): string
  unreadElsewhere(): number
  back(): void
  toggleArchived(): void
  /** Read up to this `seq`. */
  read(seq: number): void
  /** The chat is no longer this person's to see. */
  forget(): void
  /** Somebody came, went or changed. */
  membersChanged(): void
  notice(text: string): void
  changed(): void
}

export type OpenedConversation = ReturnType<typeof createOpenedConversation>

export const createOpenedConversation = (options: OpenedOptions) => {
  const { selfId, conversation, api, connection, outbox, isOnline, notice, changed } = options
  const { store, tray } = conversation
  const { chatId } = store
  let hasLeft = false
  let syncing = false
  let loadingOlder = false
  let reading = false
  let typingShownTimer: number | undefined
  const typing = createTypingNotice((active) => connection.notify({ type: 'typing', chatId, active }))

  /** Asks until everything up to now is here. Any answer that comes after the conversation was left is dropped. */
  const sync = async () => {
    if (hasLeft || !isOnline() || syncing) return
    syncing = true
    try {
      let before: number | undefined
      while (!hasLeft && store.needsSync()) {
        const position = store.position()
        if (position.afterRev !== undefined && position.afterRev === before) await pause(RETRY_MS / 4)
        before = position.afterRev
        const reply = await connection.request({ type: 'join', chatId, ...position })
        if (hasLeft) return
        store.applyJoin(readJoinData(reply), position.afterRev === undefined)
        changed()
      }
    } catch (error) {
      if (!hasLeft) void recoverSync(error)
      return
    } finally {
      syncing = false
    }
    outbox.flush(store)
    void markVisibleRead()
  }

  const recoverSync = async (error: unknown) => {
    if (isDisconnect(error)) return // the next connection syncs
    if (error instanceof RequestError && error.code === 'not_a_member') {
      options.forget()
      return
    }
    if (!isTemporary(error)) {
      notice(`The conversation could not be loaded: ${reasonOf(error)}`)
      return
    }
    await pause(retryDelay(error))
    void sync()
  }

  /** What is on the screen counts as read; one request at a time, always for the newest. */
  const markVisibleRead = async () => {
    if (hasLeft || reading || !isOnline() || document.visibilityState !== 'visible') return
    if (store.needsSync()) return
    const seq = store.lastSeq()
    if (seq <= (store.mine()?.lastReadSeq ?? 0)) return
    reading = true
    try {
      const done = readLastReadSeq(await connection.request({ type: 'read', chatId, seq }))
      store.markRead(selfId, done)
      options.read(done)
    } catch {
      // The next message, look or connection tries again.
      return
    } finally {
      reading = false
    }
    changed()
    void markVisibleRead()
  }

  const loadOlder = async () => {
    if (loadingOlder) return
    loadingOlder = true
    changed()
    try {
      store.addOlder(await api.messagesBefore(chatId, store.floor()))
    } catch (error) {
      notice(`Older messages could not be loaded: ${reasonOf(error)}`)
    }
    loadingOlder = false
    changed()
  }

  /** False keeps what is in the composer. */
  const send = (text: string): boolean => {
    const attachments = tray.ready()
    if (!attachments) return false
    const content = text.trim() === '' ? '' : text
    if (content === '' && attachments.length === 0) return false
    if (!outbox.send(store, content, attachments)) return false
    tray.clear()
    typing.stop()
    return true
  }

  const openFile = async ({ id, name }: Attachment) => {
    try {
      openInNewTab(await api.attachmentUrl(chatId, id, 'original'))
    } catch (error) {
      notice(`“${name}” could not be opened: ${reasonOf(error)}`)
    }
  }

  const view = createConversationView({
    back: options.back,
    toggleArchived: options.toggleArchived,
    loadOlder: () => void loadOlder(),
    retry: (clientId) => {
      store.retry(clientId)
      changed()
      outbox.flush(store)
    },
    giveUp: (clientId) => {
      store.giveUp(clientId)
      changed()
    },
    thumbnailUrl: ({ id }) => api.attachmentUrl(chatId, id, 'thumbnail'),
    openFile: (file) => void openFile(file),
    send,
    input: typing.typed,
    leave: typing.stop,
    attach: tray.add,
    retryFile: tray.retry,
    removeFile: tray.remove,
  })
  view.composer.setText(conversation.draft)

  const applyEvent = (event: ChatEvent) => {
    store.applyEvent(event)
    // The push names who changed, not all that a member has; the join reply does.
    if (event.type === 'chat_updated' && event.membersChanged) {
      store.suspend()
      options.membersChanged()
    }
    if (store.needsSync()) void sync()
    else void markVisibleRead()
  }

  return {
    chatId,
    store,
    root: view.root,
    sync,
    markVisibleRead,

    render() {
      const others = store.others()
      const chat = store.chat()
      view.render({
        title: chat?.subject ?? options.title(),
        online: isOnline() && others.some((member) => member.online),
        presence: chat ? presenceLabel(others, isOnline()) : '',
        archived: (store.mine()?.archivedAt ?? null) !== null,
        closed: (chat?.closedAt ?? null) !== null,
        loading: chat === undefined,
        hasOlder: store.hasOlder(),
        loadingOlder,
        showAuthors: others.length > 1,
        typing: typingLabel(store.typingNames(Date.now())),
        unreadElsewhere: options.unreadElsewhere(),
        bubbles: store.bubbles(),
        composer: { canAttach: options.canAttach(), files: tray.files(), refusal: tray.refusal() },
      })
    },

    /** Once it is on the screen. */
    start() {
      view.toEnd()
      view.composer.focus()
      void sync()
    },

    /** What the server says of this chat. */
    receive(push: Push) {
      switch (push.type) {
        case 'message':
        case 'message_edited':
        case 'message_deleted':
        case 'chat_updated':
          applyEvent(push)
          break
        case 'chat_activity': {
          const mine = store.mine()
          if (mine) store.setMine({ ...mine, archivedAt: push.archivedAt })
          break
        }
        case 'presence':
          store.setPresence(push.userId, push.online, push.lastSeen)
          break
        case 'typing':
          store.setTyping(push.userId, push.active, Date.now())
          clearTimeout(typingShownTimer)
          typingShownTimer = setTimeout(changed, TYPING_LASTS_MS)
          break
        case 'read':
          store.markRead(push.userId, push.seq)
          break
      }
    },

    /** An own message should have come back as an event by now. */
    askForEcho(ack: SendAck) {
      if (!isOnline() || !store.lacks(ack)) return
      store.suspend()
      void sync()
    },

    leave() {
      typing.stop()
      conversation.draft = view.composer.text()
      if (document.visibilityState === 'visible' && !store.needsSync()) options.read(store.lastSeq())
      hasLeft = true
      connection.notify({ type: 'leave', chatId })
      store.suspend()
    },
  }
}
