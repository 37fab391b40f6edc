import type { Context } from './context.js'
import { failure, failureOf } from './errors.js'
import { createLister } from './listed-messages.js'
import { createObserved } from './listeners.js'
import { withoutMember } from './members.js'
import type { Archived, Chat, ChatEvent, JoinData, Member, Message, Mine, Page, Push } from './protocol.js'
import { createTimeline } from './timeline.js'
import type { ChatState, OpenChat, ParleyFailure } from './types.js'
import { createTypingNotice, createTypists } from './typing.js'
import { upload } from './upload.js'

/** Messages of a page of history. */
const PAGE = 25

/** What the rest of the client sees of an open chat. */
export interface JoinedChat extends OpenChat {
  /** Asks until everything up to now is here. */
  catchUp(): Promise<void>
  receive(push: Push | Archived): void
  /** False: this event was here before. */
  awaits(rev: number): boolean
  changed(): void
  /** The connection has gone, or the chat is left. */
  suspend(): void
}

/**
 * One chat, joined and kept in step. Its events are taken in the order of their `rev`, each once. After one that is ahead of a
 * hole the others are left alone: a join from the last `rev` brings them all, and what comes after its answer follows on it.
 * That is also how it goes on after any absence.
 */
export function createOpenChat(chatId: string, context: Context, close: () => void): JoinedChat {
  const { connection, rest, outbox, user } = context
  const path = `/chats/${encodeURIComponent(chatId)}`
  let chat: Chat | undefined
  let mine: Mine | undefined
  let members: readonly Member[] = []
  let rev = 0
  /** None before the first join: that is another than the server's, and so is answered with the newest messages. */
  let epoch = ''
  /** Everything up to now is here. */
  let isComplete = false
  let isCatchingUp = false
  let error: ParleyFailure | null = null
  /** What was on the screen; the server is told as soon as it can be. */
  let readSeq = 0

  const observed = createObserved(makeState)
  const { changed } = observed
  const list = createLister(user)
  const typists = createTypists(changed)
  const typing = createTypingNotice((active) => connection.notify({ type: 'typing', chatId, active }))
  /** One's own messages that have come back are not on their way any more. */
  const timeline = createTimeline((messages) => {
    for (const { clientId, sender } of messages)
      if (clientId && sender.id === user()?.id) outbox.remove(clientId)
  })
  const lastSeq = () => chat?.lastSeq ?? 0

  function makeState(): ChatState {
    const others = withoutMember(members, user()?.id)
    const readByOthers = Math.max(0, ...others.map(({ lastReadSeq }) => lastReadSeq))
    const isAtEnd = timeline.isAtEnd()
    return {
      chatId,
      chat,
      mine,
      members,
      messages: [
        ...timeline.messages().map((message) => list(message, readByOthers)),
        // After a gap they would stand where they do not belong.
        ...(isAtEnd ? outbox.inChat(chatId) : []),
      ],
      unread: Math.max(0, lastSeq() - Math.max(mine?.lastReadSeq ?? 0, readSeq)),
      typing: others.filter(({ userId }) => typists.has(userId)),
      hasOlder: timeline.low() > (chat?.firstSeq ?? Number.POSITIVE_INFINITY),
      hasNewer: !isAtEnd,
      isLoading: timeline.isLoading(),
      isLive: isComplete,
      error,
    }
  }

  function changeMember(userId: string, change: Partial<Member>): void {
    members = members.map((member) => (member.userId === userId ? { ...member, ...change } : member))
  }

  /** A mark only ever rises; that of a member who is not listed moves nothing here. */
  function moveMark(userId: string, seq: number): void {
    const known = members.find((member) => member.userId === userId)?.lastReadSeq ?? 0
    changeMember(userId, { lastReadSeq: Math.max(known, seq) })
    if (mine && userId === user()?.id) mine = { ...mine, lastReadSeq: Math.max(mine.lastReadSeq, seq) }
  }

  // --- what is pushed ------------------------------------------------------------------------------------------------

  function receive(push: Push | Archived): void {
    if ('rev' in push) takeEvent(push)
    else if (push.type === 'chat_activity') mine = mine && { ...mine, archivedAt: push.archivedAt }
    else if (push.type === 'presence')
      changeMember(push.userId, { online: push.online, lastSeen: push.lastSeen })
    else if (push.type === 'typing') typists.set(push.userId, push.active)
    else if (push.type === 'read') moveMark(push.userId, push.seq)
    else if (push.type === 'removed') {
      isComplete = false
      error = failure('not_a_member')
    } else if ('mine' in push) {
      mine = push.mine
      // Somebody who was removed has been added again.
      error = null
      catchUp()
    }
    changed()
  }

  function takeEvent(event: ChatEvent): void {
    if (!isComplete || event.rev <= rev) return
    if (event.rev > rev + 1) isComplete = false
    else apply(event)
    catchUp()
  }

  function apply(event: ChatEvent): void {
    rev = event.rev
    if (event.type === 'chat_updated') applyChange(event)
    else applyMessage(event)
  }

  function applyMessage({ type, message }: Exclude<ChatEvent, { type: 'chat_updated' }>): void {
    timeline.take([message])
    if (chat) chat = { ...chat, rev, lastSeq: Math.max(chat.lastSeq, message.seq) }
    if (type !== 'message') return
    // Saying something moves one's own mark, and no push tells so.
    moveMark(message.sender.id, message.seq)
    typists.set(message.sender.id, false)
  }

  function applyChange({ chat: next, change }: Extract<ChatEvent, { type: 'chat_updated' }>): void {
    chat = next
    if (change.type === 'member_removed') members = withoutMember(members, change.userId)
    if (change.type === 'member_changed') changeMember(change.userId, { role: change.role })
    // The event does not say whether the new member is online: a join does.
    if (change.type === 'member_added') isComplete = false
  }

  // --- staying in step -----------------------------------------------------------------------------------------------

  async function catchUp(): Promise<void> {
    if (isCatchingUp || (error && !error.temporary)) return
    isCatchingUp = true
    try {
      while (!isComplete) takeJoin(await connection.request('join', { chatId, afterRev: rev, epoch }))
    } catch (thrown) {
      const refusal = failureOf(thrown)
      // Without a connection the next one catches up.
      if (connection.isOnline()) {
        error = refusal
        if (refusal.temporary) setTimeout(catchUp, refusal.retryAfterMs)
      }
    }
    isCatchingUp = false
    tellRead()
    changed()
  }

  function takeJoin(data: JoinData): void {
    ;({ chat, mine, members, rev, epoch, complete: isComplete } = data)
    error = null
    if (data.reset) timeline.reset(data.messages)
    else timeline.take(data.messages)
    // Committed, and not among what has come: further up, or lost with a database that was restored. To send it again is
    // right in both cases.
    for (const item of outbox.inChat(chatId)) if (item.status === 'sent') outbox.retry(item.clientId)
  }

  const awaits = (event: number) => !isComplete || rev < event

  function tellRead(): void {
    if (isComplete && mine && readSeq > mine.lastReadSeq)
      // Answered by a push of the mark, as to everybody; what is lost is told again at the next event.
      connection.request('read', { chatId, seq: readSeq }).catch(() => {})
  }

  // --- what the application asks ---------------------------------------------------------------------------------------

  async function loadPage(edge: () => number, query: string): Promise<void> {
    const loaded = timeline.load(edge, async (seq) => {
      const page = await rest<Page<Message>>(`${path}/messages?limit=${PAGE}&${query}=${seq}`)
      return page.data
    })
    changed()
    await loaded.finally(changed)
  }

  function showNewest(): Promise<void> {
    // As before the first join.
    epoch = ''
    isComplete = false
    return catchUp()
  }

  return {
    chatId,
    get state() {
      return observed.state
    },
    get messages() {
      return observed.state.messages
    },
    subscribe: observed.subscribe,
    changed,
    catchUp,
    receive,
    awaits,
    suspend() {
      isComplete = false
      changed()
    },

    send(content, { attachments = [] } = {}) {
      const item = outbox.add(chatId, content, attachments)
      typing.stopTyping()
      if (!timeline.isAtEnd()) showNewest()
      return item
    },
    retry: outbox.retry,
    discard: outbox.remove,
    edit: (seq, content) => connection.request('edit', { chatId, seq, content }),
    delete: (seq) => connection.request('delete', { chatId, seq }),
    loadOlder: () => loadPage(timeline.low, 'before'),
    loadNewer: () => loadPage(timeline.high, 'after'),
    showNewest,
    markRead(seq = lastSeq()) {
      const seen = Math.min(seq, lastSeq())
      // Nothing new is no change: this may be called by who hears of changes.
      if (seen <= readSeq) return
      readSeq = seen
      changed()
      tellRead()
    },
    ...typing,
    upload: (file, options) => upload(rest, `${path}/attachments`, file, options),
    async attachmentUrl(attachmentId, variant = 'original') {
      const query = `redirect=false&variant=${variant}`
      return (await rest<{ url: string }>(`${path}/attachments/${attachmentId}?${query}`)).url
    },
    close,
  }
}
