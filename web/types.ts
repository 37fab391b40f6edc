// The objects of the wire contract (docs/contract), as this page uses them. Fields that the page never looks
// at are left out on purpose: the server may add to its objects without this page noticing.

/** Opaque: compared and echoed, never interpreted. */
export type Epoch = string | number

export interface Chat {
  id: string
  type: string
  orderId: string | null
  subject: string | null
  closedAt: string | null
  createdAt: string
  firstSeq: number
  lastSeq: number
  memberCount: number
}

export interface Mine {
  lastReadSeq: number
  archivedAt: string | null
}

export interface Member {
  userId: string
  fullName: string
  role: string
  online: boolean
  lastSeen: string | null
  lastReadSeq: number
}

export interface Attachment {
  id: string
  name: string
  mime: string
  /** Bytes. */
  size: number
  /** Of an image, in pixels; null where they are not known. */
  width: number | null
  height: number | null
}

/** A file that has arrived; it may be sent once it is ready. */
export interface Upload {
  attachment: Attachment
  isReady: boolean
}

export interface AttachmentLimits {
  /** Bytes of one file; 0 where there are no attachments. */
  bytes: number
  perMessage: number
}

export interface Message {
  id: string
  chatId: string
  seq: number
  /** The rev of its last change, so the newer of two copies is the one with the higher rev. */
  rev: number
  kind: 'user' | 'system'
  sender: { id: string; fullName: string } | null
  content: string
  attachments: Attachment[]
  clientId: string | null
  createdAt: string
  editedAt: string | null
  deletedAt: string | null
}

export interface ChatSummary {
  chat: Chat
  mine: Mine
  lastMessage: Message | null
  members: Member[]
}

export interface Page<T> {
  items: T[]
  nextCursor: string | null
}

export interface JoinData {
  chat: Chat
  mine: Mine
  members: Member[]
  messages: Message[]
  rev: number
  epoch: Epoch
  complete: boolean
  reset: boolean
}

export interface SendAck {
  seq: number
  rev: number
}

export interface MessageChange {
  type: 'message' | 'message_edited' | 'message_deleted'
  chatId: string
  rev: number
  message: Message
}

export interface ChatChange {
  type: 'chat_updated'
  chatId: string
  rev: number
  chat: Chat
  /** Somebody came, went or changed: the member list in hand is out of date. */
  membersChanged: boolean
}

/** What takes a rev: the durable history of a chat. Everything else pushed is best effort. */
export type ChatEvent = MessageChange | ChatChange

export type Push =
  | ChatEvent
  | { type: 'hello'; heartbeatMs: number; attachments: AttachmentLimits }
  | { type: 'goaway'; reconnectInMs: number }
  | { type: 'chat_added'; chat: Chat; mine: Mine }
  | { type: 'removed'; chatId: string }
  | {
      type: 'chat_activity'
      chatId: string
      lastMessage: Message | null
      unread: number
      archivedAt: string | null
    }
  | { type: 'presence'; chatId: string; userId: string; online: boolean; lastSeen: string | null }
  | { type: 'typing'; chatId: string; userId: string; active: boolean }
  | { type: 'read'; chatId: string; userId: string; seq: number }

export interface ErrorBody {
  code: string
  message: string
  temporary: boolean
  retryAfterMs: number | null
}

export type ServerFrame =
  | { kind: 'reply'; ref: number | null; data: unknown }
  | { kind: 'error'; ref: number | null; error: ErrorBody }
  | { kind: 'push'; push: Push }

export type ClientFrame =
  | { type: 'join'; chatId: string; afterRev?: number; epoch?: Epoch }
  | { type: 'leave'; chatId: string }
  | { type: 'send'; chatId: string; clientId: string; content: string; attachments: string[] }
  | { type: 'read'; chatId: string; seq: number }
  | { type: 'typing'; chatId: string; active: boolean }
  | { type: 'auth'; token: string }
  | { type: 'ping' }
