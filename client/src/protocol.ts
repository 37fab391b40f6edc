/**
 * What travels between this client and Parley (contract, section 3). Types alone: they weigh nothing in a browser,
 * and a test holds them equal to the schemas that the server checks with.
 */

/** A chat, the same for all who may see it. */
export interface Chat {
  id: string
  type: 'order' | 'general'
  orderId: string | null
  subject: string | null
  metadata: Record<string, unknown>
  /** Times are ISO 8601 UTC with milliseconds. */
  createdAt: string
  closedAt: string | null
  /** The oldest message that is still kept; 1 before retention took any. */
  firstSeq: number
  /** The newest message; 0 when there is none. */
  lastSeq: number
  rev: number
  memberCount: number
}

/** One's own view of a chat. */
export interface Mine {
  role: string
  lastReadSeq: number
  unread: number
  archivedAt: string | null
  /** Stays archived when a new message comes. */
  sticky: boolean
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
  /** Of an image, in pixels, where they are known. */
  width?: number | undefined
  height?: number | undefined
}

/** A committed message. */
export interface Message {
  id: string
  chatId: string
  seq: number
  /** The event of its last change: of two copies, the one with the higher `rev` is newer. */
  rev: number
  kind: 'user' | 'system'
  sender: { id: string; fullName: string }
  content: string
  attachments: Attachment[]
  metadata?: Record<string, unknown> | undefined
  clientId: string | null
  createdAt: string
  editedAt: string | null
  deletedAt: string | null
}

/** What an event of a chat other than a message has changed. */
export type Change =
  | { type: 'closed' }
  | { type: 'reopened' }
  | { type: 'member_added'; userId: string; fullName: string; role: string }
  | { type: 'member_removed'; userId: string }
  | { type: 'member_changed'; userId: string; role: string }

export interface Limits {
  frameBytes: number
  contentBytes: number
  chatsPerSession: number
  /** Of one attachment; 0 where there are none. */
  attachmentBytes: number
  attachmentsPerMessage: number
}

/** What a session is sent unasked, by type. */
export interface Pushes {
  hello: {
    sessionId: string
    user: { id: string; fullName: string }
    serverTime: string
    heartbeatMs: number
    limits: Limits
  }
  goaway: { reconnectInMs: number }
  chat_added: { chat: Chat; mine: Mine }
  removed: { chatId: string }
  chat_activity: { chatId: string; lastMessage: Message; unread: number; archivedAt: string | null }
  message: { rev: number; message: Message }
  message_edited: { rev: number; message: Message }
  message_deleted: { rev: number; message: Message }
  chat_updated: { rev: number; chat: Chat; change: Change }
  user_joined: { chatId: string; userId: string; fullName: string }
  user_left: { chatId: string; userId: string }
  presence: { chatId: string; userId: string; online: boolean; lastSeen: string | null }
  typing: { chatId: string; userId: string; active: boolean }
  read: { chatId: string; userId: string; seq: number }
}

export type Push = { [T in keyof Pushes]: { type: T } & Pushes[T] }[keyof Pushes]

/** Said by this side: one's own view has changed by one's own doing. */
export interface Archived {
  type: 'archived'
  chatId: string
  mine: Mine
}

/** What takes a `rev`: the durable history of a chat. Everything else pushed is best effort. */
export type ChatEvent = Extract<
  Push,
  { type: 'message' | 'message_edited' | 'message_deleted' | 'chat_updated' }
>

export interface JoinData {
  chat: Chat
  mine: Mine
  members: Member[]
  messages: Message[]
  /** Where this data stands: the next event is this one plus 1. */
  rev: number
  epoch: string
  /** While false, ask again from `rev`. */
  complete: boolean
  /** Start over from this data. */
  reset?: true | undefined
}

export interface ErrorBody {
  code: string
  message: string
  /** The same request may succeed later. */
  temporary: boolean
  retryAfterMs?: number | undefined
}

export interface Sent {
  id: string
  seq: number
  rev: number
  createdAt: string
  duplicate?: true | undefined
}

/** The data of replies, by the frame that asked. */
export interface Replies {
  join: JoinData
  leave: Record<string, never>
  send: Sent
  edit: { rev: number }
  delete: { rev: number }
  read: { lastReadSeq: number; unread: number }
  auth: { expiresAt: string }
  ping: { serverTime: string }
}

/** What a session asks, by type. `ref` is the connection's own business. */
export interface Requests {
  join: { chatId: string; afterRev?: number | undefined; epoch?: string | undefined }
  leave: { chatId: string }
  send: {
    chatId: string
    clientId?: string | undefined
    content: string
    attachments?: string[] | undefined
  }
  edit: { chatId: string; seq: number; content: string }
  delete: { chatId: string; seq: number }
  read: { chatId: string; seq: number }
  auth: { token: string }
  ping: Record<never, never>
}

/** A chat as the list of chats has it. */
export interface ListedChat extends Chat {
  mine: Mine
  lastMessage: Message | null
  /** Up to 10. */
  members: Member[]
}

/** An attachment as its uploader sees it, before a message names it. */
export interface UploadedAttachment extends Attachment {
  status: 'uploading' | 'quarantined' | 'ready' | 'rejected'
}

/** One page of a list of the REST routes. */
export interface Page<T> {
  data: T[]
  pagination: { page: number | null; limit: number; total: number; nextCursor: string | null }
}
