import { createAttachments } from './attachments.js'
import type { Connection } from './connection.js'
import { failureOf, ParleyError, refused } from './errors.js'
import { createHistory } from './history.js'
import { createLister } from './listed-messages.js'
import { createObserved } from './observed.js'
import type { Outbox } from './outbox.js'
import type { Chat, ChatEvent, JoinData, Member, Message, Mine, Push, Replies, Sent } from './protocol.js'
import { createReadMark } from './read-mark.js'
import type { Rest } from './rest.js'
import { createTimeline } from './timeline.js'
import type { ChatState, OpenChat, ParleyFailure } from './types.js'
import { createTypingNotice, createTypists } from './typing.js'
import { wait } from './wait.js'

/** Events that may be held while the ones before them are asked for. */
const MOST_HELD = 1_000
/** Further behind than this, the newest messages come first, and the others when somebody scrolls to them. */
const FAR_BEHIND = 1_000
const TRY_AGAIN_MS = 1_000

type Resumed = Replies['resume']['chats'][string] | undefined

export interface OpenChatOptions {
  readonly chatId: string
  readonly connection: Connection
  readonly rest: Rest
  readonly outbox: Outbox
  readonly user: () => { readonly id: string; readonly fullName: string } | null
  readonly onClose: () => void
}

/** What the rest of the client sees of an open chat. */
export interface JoinedChat extends OpenChat {
  /** Where to go on from; undefined before the first join. */
  position(): { readonly rev: number; readonly epoch: string } | undefined
  /** Asks until everything up to now is here; `resumed` is the first answer, when it is on its way already. */
  catchUp(resumed?: Promise<Resumed>): Promise<void>
  receive(push: Push): void
  /** False: its event was here before. */
  committed(sent: Sent): boolean
  outboxChanged(): void
  setMine(mine: Mine): void
  /** The connection has gone. */
  suspend(): void
  end(): void
}

/**
 * One chat, joined and kept in step. Its events are taken in the order of their `rev`, each once: one that is ahead of a
 * hole is held, and the hole is asked for by a join from the last `rev`. That is also how it goes on after any absence.
 */
export function createOpenChat(options: OpenChatOptions): JoinedChat {
  const { chatId, connection, rest, outbox, user } = options
  const timeline = createTimeline()
  const held = new Map<number, ChatEvent>()
  let chat: Chat | undefined
  let mine: Mine | undefined
  let members: readonly Member[] = []
  let rev: number | undefined
  let epoch: string | undefined
  let isComplete = false
  let isCatchingUp = false
  let hasEnded = false
  let error: ParleyFailure | null = null

  const lister = createLister(() => user()?.id)
  const observed = createObserved(makeState)
  const { changed } = observed
  const typists = createTypists(changed)
  const typing = createTypingNotice((active) => connection.notify({ type: 'typing', chatId, active }))
  const history = createHistory({
    chatId,
    rest,
    timeline,
    changed,
    lastSeq: () => chat?.lastSeq ?? 0,
    seen: see,
    atBeginning: () => {
      if (chat) chat = { ...chat, firstSeq: timeline.low() }
    },
  })
  const readMark = createReadMark({
    chatId,
    connection,
    isLive,
    lastSeq: () => chat?.lastSeq ?? 0,
    lastReadSeq: () => mine?.lastReadSeq ?? 0,
    moved: (seq) => moveMark(user()?.id, seq),
    changed,
  })

  function isLive(): boolean {
    return isComplete && held.size === 0 && connection.isOnline()
  }

  function makeState(): ChatState {
    const selfId = user()?.id
    const others = members.filter(({ userId }) => userId !== selfId)
    const lastReadSeq = Math.max(mine?.lastReadSeq ?? 0, readMark.target())
    return {
      chatId,
      chat,
      mine,
      members,
      messages: lister.list({
        messages: timeline.messages(),
        // After a gap they would stand where they do not belong.
        outgoing: timeline.isAtEnd() ? outbox.inChat(chatId) : [],
        readByOthers: Math.max(0, ...others.map((member) => member.lastReadSeq)),
        user: user(),
      }),
      unread: Math.max(0, (chat?.lastSeq ?? 0) - lastReadSeq),
      typing: others.filter(({ userId }) => typists.has(userId)),
      hasOlder: chat !== undefined && timeline.low() > chat.firstSeq,
      hasNewer: !timeline.isAtEnd(),
      isLoadingOlder: history.isLoadingOlder(),
      isLoadingNewer: history.isLoadingNewer(),
      isLive: isLive(),
      error,
    }
  }

  // --- what is there, and what comes -------------------------------------------------------------------------------

  /** One's own message has come back: it is not on its way any more. */
  function see(message: Message): void {
    if (message.clientId !== null && message.sender.id === user()?.id) outbox.remove(message.clientId)
  }

  function moveMark(userId: string | undefined, seq: number): void {
    members = members.map((member) =>
      member.userId === userId && member.lastReadSeq < seq ? { ...member, lastReadSeq: seq } : member,
    )
    if (mine && userId === user()?.id && mine.lastReadSeq < seq) mine = { ...mine, lastReadSeq: seq }
  }

  function changeMember(userId: string, change: Partial<Member>): void {
    members = members.map((member) => (member.userId === userId ? { ...member, ...change } : member))
  }

  function apply(event: ChatEvent): void {
    rev = event.rev
    if (event.type === 'chat_updated') applyChange(event)
    else applyMessage(event)
  }

  function applyMessage({ type, message }: Exclude<ChatEvent, { type: 'chat_updated' }>): void {
    const { seq, sender } = message
    timeline.take(message)
    see(message)
    if (chat) chat = { ...chat, rev: rev ?? chat.rev, lastSeq: Math.max(chat.lastSeq, seq) }
    if (type !== 'message') return
    // Saying something moves one's own mark, and no push tells so.
    moveMark(sender.id, seq)
    typists.set(sender.id, false)
  }

  function applyChange({ chat: next, change }: Extract<ChatEvent, { type: 'chat_updated' }>): void {
    chat = next
    if (change.type === 'member_removed') members = members.filter(({ userId }) => userId !== change.userId)
    if (change.type === 'member_changed') changeMember(change.userId, { role: change.role })
    // The event does not say whether the new member is online: a join does.
    if (change.type === 'member_added') isComplete = false
  }

  function takeEvent(event: ChatEvent): void {
    if (rev === undefined || event.rev <= rev) return
    // Over the bound the newest are let go: what is asked for brings them too.
    if (held.size < MOST_HELD) held.set(event.rev, event)
    takeHeld()
    if (needsCatchUp()) void catchUp()
    else readMark.flush()
  }

  function takeHeld(): void {
    for (const old of held.keys()) if (rev !== undefined && old <= rev) held.delete(old)
    for (;;) {
      const next = rev === undefined ? undefined : held.get(rev + 1)
      if (!next) return
      held.delete(next.rev)
      apply(next)
    }
  }

  function takeJoin(data: JoinData, isFirst: boolean): void {
    const isFarBehind = !isFirst && !data.complete && data.chat.lastSeq - timeline.high() > FAR_BEHIND
    if (isFarBehind && !data.reset && timeline.isAtEnd()) {
      rev = undefined
      return
    }
    const isSameEpoch = epoch === undefined || epoch === data.epoch
    chat = data.chat
    mine = data.mine
    members = data.members
    rev = data.rev
    epoch = data.epoch
    isComplete = data.complete
    error = null
    if (isFirst || data.reset) timeline.reset(data.messages, data.chat.lastSeq)
    else for (const message of data.messages) timeline.take(message)
    for (const message of data.messages) see(message)
    takeHeld()
    settleSent(isSameEpoch)
  }

  /** Committed ones whose message did not come with the events that should have brought it. */
  function settleSent(isSameEpoch: boolean): void {
    for (const { clientId, sent } of outbox.inChat(chatId)) {
      if (!sent) continue
      // A restored database may have lost it.
      if (!isSameEpoch) outbox.sendAgain(clientId)
      else if (isComplete && rev !== undefined && rev >= sent.rev) outbox.remove(clientId)
    }
  }

  // --- staying in step -----------------------------------------------------------------------------------------------

  const isGone = () => error !== null && !error.temporary
  const needsCatchUp = () => !isComplete || held.size > 0

  async function catchUp(resumed?: Promise<Resumed>): Promise<void> {
    if (isCatchingUp || hasEnded || isGone()) return
    isCatchingUp = true
    try {
      if (resumed) takeResumed(await resumed)
      while (needsCatchUp() && !hasEnded) {
        const from = rev
        const position = from === undefined ? {} : { afterRev: from, epoch }
        takeJoin(await connection.request('join', { chatId, ...position }), from === undefined)
        changed()
        // Nothing new, and not all: the server is not there yet.
        if (!isComplete && rev === from) await wait(TRY_AGAIN_MS / 4)
      }
    } catch (thrown) {
      isCatchingUp = false
      return await recover(failureOf(thrown))
    }
    isCatchingUp = false
    changed()
    readMark.flush()
  }

  function takeResumed(resumed: Resumed): void {
    if (resumed === undefined) return
    if ('error' in resumed) throw new ParleyError(resumed.error)
    if ('chat' in resumed) takeJoin(resumed, false)
    changed()
  }

  async function recover(failure: ParleyFailure): Promise<void> {
    // The next connection catches up.
    if (failure.code === 'offline') return
    error = failure
    changed()
    if (!failure.temporary) return
    await wait(failure.retryAfterMs ?? TRY_AGAIN_MS)
    if (connection.isOnline()) await catchUp()
  }

  function receive(push: Push): void {
    switch (push.type) {
      case 'message':
      case 'message_edited':
      case 'message_deleted':
      case 'chat_updated':
        takeEvent(push)
        break
      case 'chat_activity':
        if (mine) mine = { ...mine, archivedAt: push.archivedAt }
        break
      case 'presence':
        changeMember(push.userId, { online: push.online, lastSeen: push.lastSeen })
        break
      case 'typing':
        typists.set(push.userId, push.active)
        break
      case 'read':
        moveMark(push.userId, push.seq)
        break
      case 'removed':
        error = refused('not_a_member', 'You are not a member of this chat any more.')
        break
    }
    changed()
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

    position: () => (rev === undefined || epoch === undefined ? undefined : { rev, epoch }),
    catchUp,
    receive,
    committed: (sent) => !hasEnded && (rev === undefined || rev < sent.rev),
    outboxChanged: changed,
    setMine(next) {
      mine = next
      changed()
    },
    suspend() {
      isComplete = false
      held.clear()
      typists.clear()
      changed()
    },
    end() {
      hasEnded = true
      typing.stop()
      typists.clear()
    },

    send(content, { attachments = [] } = {}) {
      if (content === '' && attachments.length === 0) throw refused('bad_request', 'There is nothing in it.')
      const { state } = connection
      const size = new TextEncoder().encode(content).length
      if (state.status === 'online' && size > state.limits.contentBytes)
        throw refused('too_large', `A message has at most ${state.limits.contentBytes} bytes.`)
      const item = outbox.add(chatId, content, attachments)
      typing.stop()
      if (!timeline.isAtEnd()) void history.showNewest()
      return lister.own(item, user())
    },
    retry: outbox.retry,
    discard: outbox.remove,
    async edit(seq, content) {
      await connection.request('edit', { chatId, seq, content })
    },
    async delete(seq) {
      await connection.request('delete', { chatId, seq })
    },
    loadOlder: history.loadOlder,
    loadNewer: history.loadNewer,
    showNewest: history.showNewest,
    markRead: readMark.set,
    notifyTyping: typing.typed,
    stopTyping: typing.stop,
    ...createAttachments(chatId, rest),
    close: options.onClose,
  }
}
