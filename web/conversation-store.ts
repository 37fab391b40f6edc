// What one person knows of one chat: its messages in order, who has read what, and what is still on its way out.
// Pure state, no network and no DOM. The one rule that matters: events count by `rev`, without hole or repeat;
// whoever feeds the store asks again (join with `position()`) for as long as `needsSync()` says so.

import type { Attachment, Chat, ChatEvent, Epoch, JoinData, Member, Message, Mine, SendAck } from './types.js'

export type ConversationStore = ReturnType<typeof createConversationStore>

export type Delivery = 'sending' | 'failed' | 'sent' | 'read'

/** One line of the conversation as it is shown. */
export interface Bubble {
  /** Stays the same while an optimistic line becomes a real message, so that its element can stay too. */
  key: string
  kind: 'user' | 'system'
  author: string
  mine: boolean
  text: string
  attachments: Attachment[]
  at: string
  edited: boolean
  deleted: boolean
  /** Only for one's own. */
  delivery: Delivery | null
  /** Set while it can be sent again or given up. */
  failure: { clientId: string; reason: string } | null
}

export interface Outgoing {
  clientId: string
  content: string
  attachments: Attachment[]
  startedAt: string
  state: 'queued' | 'acked' | 'failed'
  reason: string
  ack: SendAck | null
}

// Events that came too early, held until the reply that fills the gap. Beyond this many the gap is asked for again.
const HELD_EVENTS = 500
// The server ends a typing state by itself after 5 s, but its push may be lost.
export const TYPING_LASTS_MS = 5_500

export const createConversationStore = (chatId: string, selfId: string) => {
  let chat: Chat | undefined
  let mine: Mine | undefined
  let rev: number | undefined
  let epoch: Epoch | undefined
  /** From here on `messages` has no hole; what is older is fetched on demand. */
  let floor = 1
  let complete = false
  let heldOverflow = false
  const members = new Map<string, Member>()
  const messages = new Map<number, Message>()
  const held = new Map<number, ChatEvent>()
  const typing = new Map<string, number>()
  const outgoing = new Map<string, Outgoing>()

  const isOwn = (message: Message) => message.kind === 'user' && message.sender?.id === selfId

  const markRead = (userId: string, seq: number) => {
    const member = members.get(userId)
    if (member && seq > member.lastReadSeq) members.set(userId, { ...member, lastReadSeq: seq })
    if (userId === selfId && mine && seq > mine.lastReadSeq) mine = { ...mine, lastReadSeq: seq }
  }

  const put = (message: Message) => {
    // A change of something older than what is shown: it will come in its latest state when it is fetched.
    if (message.seq < floor) return
    const known = messages.get(message.seq)
    if (known && known.rev > message.rev) return
    messages.set(message.seq, message)
    if (isOwn(message) && message.clientId !== null) outgoing.delete(message.clientId)
  }

  const take = (event: ChatEvent) => {
    rev = event.rev
    if (event.type === 'chat_updated') {
      chat = event.chat
      return
    }
    const { message } = event
    put(message)
    if (event.type !== 'message') return
    if (chat && message.seq > chat.lastSeq) chat = { ...chat, lastSeq: message.seq }
    if (message.kind === 'user' && message.sender) {
      // A send moves its sender's own mark, and no `read` push tells so.
      markRead(message.sender.id, message.seq)
      typing.delete(message.sender.id)
    }
  }

  const takeHeld = () => {
    for (const old of [...held.keys()]) if (rev !== undefined && old <= rev) held.delete(old)
    while (rev !== undefined) {
      const next = held.get(rev + 1)
      if (!next) return
      held.delete(next.rev)
      take(next)
    }
  }

  /** Acked lines whose message did not come with the history that should hold it. */
  const settleAcked = (sameEpoch: boolean) => {
    for (const line of outgoing.values()) {
      if (line.state !== 'acked' || !line.ack || rev === undefined) continue
      // A restored database may have lost it. Sending again is safe: the clientId makes it one message.
      if (!sameEpoch) outgoing.set(line.clientId, { ...line, state: 'queued', ack: null })
      // In history, only further up than what is shown.
      else if (complete && line.ack.rev <= rev) outgoing.delete(line.clientId)
    }
  }

  const deliveryOf = (message: Message): Delivery | null => {
    if (!isOwn(message)) return null
    for (const member of members.values()) {
      if (member.userId !== selfId && member.lastReadSeq >= message.seq) return 'read'
    }
    return 'sent'
  }

  const bubbleOf = (message: Message): Bubble => {
    const mine = isOwn(message)
    return {
      key: mine && message.clientId !== null ? `c:${message.clientId}` : `s:${message.seq}`,
      kind: message.kind,
      author: message.sender?.fullName ?? '',
      mine,
      text: message.content,
      attachments: message.attachments,
      at: message.createdAt,
      edited: message.editedAt !== null,
      deleted: message.deletedAt !== null,
      delivery: deliveryOf(message),
      failure: null,
    }
  }

  const bubbleOfOutgoing = (line: Outgoing): Bubble => ({
    key: `c:${line.clientId}`,
    kind: 'user',
    author: '',
    mine: true,
    text: line.content,
    attachments: line.attachments,
    at: line.startedAt,
    edited: false,
    deleted: false,
    delivery: line.state === 'acked' ? 'sent' : line.state === 'failed' ? 'failed' : 'sending',
    failure: line.state === 'failed' ? { clientId: line.clientId, reason: line.reason } : null,
  })

  return {
    chatId,

    chat: () => chat,
    mine: () => mine,
    members: () => [...members.values()],
    others: () => [...members.values()].filter((member) => member.userId !== selfId),
    hasOlder: () => chat !== undefined && floor > chat.firstSeq,
    floor: () => floor,
    /** The newest seq known, which is also the highest that may be marked as read. */
    lastSeq: () => chat?.lastSeq ?? 0,

    /** Where to go on from, as fields of a `join` frame. */
    position: (): { afterRev?: number; epoch?: Epoch } =>
      rev === undefined || epoch === undefined ? {} : { afterRev: rev, epoch },

    needsSync: () => !complete || heldOverflow || held.size > 0,

    /** True when this acked line should have come back as an event by now, but has not. */
    lacks: (ack: SendAck) => rev !== undefined && rev < ack.rev,

    applyJoin(data: JoinData, wasFresh: boolean) {
      const fresh = wasFresh || data.reset
      const sameEpoch = epoch === undefined || epoch === data.epoch
      if (fresh) {
        messages.clear()
        floor = data.messages[0]?.seq ?? data.chat.lastSeq + 1
      }
      chat = data.chat
      mine = data.mine
      rev = data.rev
      epoch = data.epoch
      complete = data.complete
      heldOverflow = false
      members.clear()
      for (const member of data.members) members.set(member.userId, member)
      for (const message of data.messages) put(message)
      takeHeld()
      settleAcked(sameEpoch)
    },

    /** Takes the next event; ignores a repeat; holds one that is ahead of a hole, and then needs a sync. */
    applyEvent(event: ChatEvent) {
      if (rev !== undefined && event.rev <= rev) return
      if (held.size < HELD_EVENTS) held.set(event.rev, event)
      else heldOverflow = true
      takeHeld()
    },

    /** A page from REST, from just below `floor` downwards. */
    addOlder(page: Message[]) {
      const lowest = page.reduce((least, message) => Math.min(least, message.seq), floor)
      // An empty page means that retention took the rest meanwhile.
      if (lowest === floor && chat) chat = { ...chat, firstSeq: floor }
      floor = lowest
      for (const message of page) put(message)
    },

    /** The connection is gone: nobody's typing or presence is known, and events may have been missed. */
    suspend() {
      complete = false
      held.clear()
      heldOverflow = false
      typing.clear()
    },

    setMine(next: Mine) {
      mine = next
    },
    markRead,
    setPresence(userId: string, online: boolean, lastSeen: string | null) {
      const member = members.get(userId)
      if (member) members.set(userId, { ...member, online, lastSeen: lastSeen ?? member.lastSeen })
    },
    setTyping(userId: string, active: boolean, now: number) {
      if (userId === selfId) return
      if (active) typing.set(userId, now + TYPING_LASTS_MS)
      else typing.delete(userId)
    },
    typingNames(now: number): string[] {
      for (const [userId, until] of typing) if (until <= now) typing.delete(userId)
      return [...typing.keys()].map((userId) => members.get(userId)?.fullName ?? userId)
    },

    startSend(line: Pick<Outgoing, 'clientId' | 'content' | 'attachments' | 'startedAt'>) {
      outgoing.set(line.clientId, { ...line, state: 'queued', reason: '', ack: null })
    },
    nextQueued: (): Outgoing | undefined => [...outgoing.values()].find((line) => line.state === 'queued'),
    unsentCount: () => [...outgoing.values()].filter((line) => line.state !== 'acked').length,
    acked(clientId: string, ack: SendAck) {
      const line = outgoing.get(clientId)
      if (!line) return // its event came before its reply
      // A repeat of something that is already in the history and will not be pushed again.
      if (messages.get(ack.seq)?.clientId === clientId) outgoing.delete(clientId)
      else outgoing.set(clientId, { ...line, state: 'acked', ack })
    },
    failed(clientId: string, reason: string) {
      const line = outgoing.get(clientId)
      if (line) outgoing.set(clientId, { ...line, state: 'failed', reason })
    },
    retry(clientId: string) {
      const line = outgoing.get(clientId)
      if (line) outgoing.set(clientId, { ...line, state: 'queued', reason: '' })
    },
    giveUp(clientId: string) {
      outgoing.delete(clientId)
    },

    bubbles(): Bubble[] {
      const said = [...messages.values()].sort((a, b) => a.seq - b.seq).map(bubbleOf)
      return [...said, ...[...outgoing.values()].map(bubbleOfOutgoing)]
    },
  }
}
