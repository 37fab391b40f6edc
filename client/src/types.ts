import type { Attachment, Chat, Limits, ListedChat, Member, Message, Mine, Push } from './protocol.js'

/** All that an application sees of the client. The functions that make these are in the files of the same names. */

export interface ParleyOptions {
  /** Where Parley's REST routes are: `https://chat.shop.example`, with or without a path. */
  url: string
  /** Where its raw WebSocket is; absent: `url` with the scheme of a WebSocket and `/ws`. */
  wsUrl?: string | undefined
  /**
   * A token of the marketplace's backend for the person who is signed in. Asked at the start, before a token ends, and
   * when the server has refused one; a rejection is tried again later.
   */
  token: () => Promise<string>
  /** Who is signed in. What this person had not sent the last time is then there before the first connection is. */
  user?: { id: string; fullName: string } | undefined
  /** Keeps what is not committed yet over a reload; absent: `localStorage` where there is one. `null`: nothing. */
  outboxStore?: OutboxStore | null | undefined
  /** Absent: the global one. Node 20 has none: give that of the package `ws`. */
  webSocket?: WebSocketConstructor | undefined
}

/** What the client needs of a WebSocket: the browser's own has it, and so has the one of `ws`. */
export interface WebSocketConstructor {
  new (url: string, protocols: string[]): WebSocketLike
}

export interface WebSocketLike {
  readonly readyState: number
  send(text: string): void
  close(code?: number): void
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
}

/** A store of one's own for the outbox, such as IndexedDB. Errors are swallowed: the message is still in memory. */
export interface OutboxStore {
  /** The entries of this person, in any order. */
  load(userId: string): Promise<readonly OutboxEntry[]> | readonly OutboxEntry[]
  /** Keeps the entry; null: keeps it no more. */
  save(userId: string, clientId: string, entry: OutboxEntry | null): Promise<void> | void
}

/** A message on its way. Sending it twice is safe: `clientId` makes it one message. */
export interface OutboxEntry {
  clientId: string
  chatId: string
  content: string
  attachments: readonly Attachment[]
  /** ISO 8601, by this machine's clock. */
  createdAt: string
  /** Ascending in the order in which they were said, which is the order in which they are sent. */
  place: number
}

export type ConnectionState =
  | { status: 'connecting' }
  | { status: 'online'; limits: Limits }
  /** Will try again by itself, at `retryAt` (milliseconds since 1970) or when the machine is back on the network. */
  | { status: 'offline'; retryAt: number }
  /** Trying again would not help, or would do harm: `code` says what to mend first. `reconnect()` tries all the same. */
  | { status: 'stopped'; code: 'unauthenticated' | 'too_many_sessions' | 'refused' | 'closed' }

/** Every push as the server sends it, and what this side has to say. `type` tells them apart. */
export type ParleyEvent = Push | ({ type: 'connection' } & ConnectionState)

/** Something whose state can be read at any time, and watched. `state` is a new object whenever anything changed. */
export interface Observable<State> {
  readonly state: State
  /** Calls the listener after each change; returns what ends that. */
  subscribe(listener: () => void): () => void
}

export interface Parley {
  readonly chats: Chats
  readonly connection: Observable<ConnectionState>
  /** Who is signed in; null until the server has said so, or the application has. */
  readonly user: { id: string; fullName: string } | null
  /** Hears of every event; returns what ends that. */
  on(listener: (event: ParleyEvent) => void): () => void
  /** Tries at once, also after `stopped`. */
  reconnect(): void
  /** Ends the connection and everything that hangs on it. What is unsent stays in the outbox's store. */
  close(): void
}

export interface Chats {
  /** A list that stays up to date by itself. One object for each call: `close()` it when it is not shown any more. */
  list(filter?: ChatFilter): ChatList
  /** `order` chats are created by the marketplace's backend. */
  create(chat: NewChat): Promise<Chat>
  /** The chat, joined and kept in step. The same object for the same id until each `open` has met its `close()`. */
  open(chatId: string): OpenChat
  /** Hides it from one's own list until a new message comes; `sticky`: also then. */
  archive(chatId: string, options?: { sticky?: boolean | undefined }): Promise<Mine>
  unarchive(chatId: string): Promise<Mine>
}

export interface ChatFilter {
  /** Default: false, the chats that are not archived. */
  archived?: boolean | 'all' | undefined
  type?: 'order' | 'general' | undefined
  orderId?: string | undefined
  /** In the subject and the members' names; at most 100 characters. */
  q?: string | undefined
}

export interface NewChat {
  type: 'general' | 'order'
  orderId?: string | undefined
  subject?: string | undefined
  metadata?: Record<string, unknown> | undefined
  members: readonly { userId: string; role?: string | undefined; fullName?: string | undefined }[]
  /** Makes a repeat of the same call answer the same chat; absent: made anew for each call. */
  idempotencyKey?: string | undefined
}

export interface ChatListState {
  /** The one with the newest message first. */
  readonly chats: readonly ListedChat[]
  readonly isLoaded: boolean
  readonly isLoading: boolean
  readonly hasMore: boolean
  /** Why the last attempt to load failed; it is tried again by itself. */
  readonly error: ParleyFailure | null
}

export interface ChatList extends Observable<ChatListState> {
  /** The next page; nothing when there is none, or one is under way. */
  loadMore(): Promise<void>
  close(): void
}

/** What went wrong, by the codes of the contract; `offline` is this side's own. */
export interface ParleyFailure {
  readonly code: string
  readonly message: string
  /** The same request may succeed later. */
  readonly temporary: boolean
  readonly retryAfterMs?: number | undefined
}

/**
 * Of one's own messages: `sending` (in the outbox), `failed` (refused for good: `retry` or `discard` it), `sent`
 * (committed), `read` (by somebody else). Those of others, and of the system, are `received`.
 */
export type MessageStatus = 'sending' | 'failed' | 'sent' | 'read' | 'received'

/** A message of the list: a committed one, or one's own on its way, which has no `id`, `seq` and `rev` yet. */
export interface ChatMessage extends Omit<Message, 'id' | 'seq' | 'rev' | 'sender' | 'attachments'> {
  /** The same before and after the commit, and unique in the list. */
  readonly key: string
  readonly id: string | null
  readonly seq: number | null
  readonly rev: number | null
  readonly sender: { readonly id: string; readonly fullName: string }
  readonly attachments: readonly Attachment[]
  readonly isMine: boolean
  readonly status: MessageStatus
  readonly error: ParleyFailure | null
}

export interface ChatState {
  readonly chatId: string
  /** Undefined until the chat was loaded once. */
  readonly chat: Chat | undefined
  readonly mine: Mine | undefined
  /** Up to 100, oneself included. `online` is as of the last connection while `isLive` is false. */
  readonly members: readonly Member[]
  /** Ascending, without a repeat: committed ones by `seq`, then one's own on their way in the order they were said. */
  readonly messages: readonly ChatMessage[]
  readonly unread: number
  /** Other members who are typing. */
  readonly typing: readonly Member[]
  readonly hasOlder: boolean
  /** The list was scrolled so far up that the newest were let go: `loadNewer`, or `showNewest`. */
  readonly hasNewer: boolean
  /** A page of history is on its way. */
  readonly isLoading: boolean
  /** Everything up to now is here, and what comes will be. */
  readonly isLive: boolean
  /** `not_a_member` when there is no such chat for this person (any more); other codes when loading failed. */
  readonly error: ParleyFailure | null
}

export interface OpenChat extends Observable<ChatState> {
  readonly chatId: string
  /** `state.messages`. */
  readonly messages: readonly ChatMessage[]
  /**
   * Puts a message into the outbox and returns it as it stands in the list now. It is sent when there is a connection,
   * as often as it takes, and becomes one message. What the server refuses for good stays in the list as `failed`.
   * @throws `outbox_full`
   */
  send(content: string, options?: { attachments?: readonly Attachment[] | undefined }): ChatMessage
  /** Sends a failed message again. */
  retry(clientId: string): void
  /** Takes a failed message out of the list. */
  discard(clientId: string): void
  /** Of one's own message. The list shows it when it is committed. */
  edit(seq: number, content: string): Promise<{ rev: number }>
  delete(seq: number): Promise<{ rev: number }>
  /** The page before the oldest in the list. The list holds a bounded number: the newest may be let go for it. */
  loadOlder(): Promise<void>
  /** The page after the newest in the list, after `loadOlder` has let newer ones go. */
  loadNewer(): Promise<void>
  /** Back to the newest messages at once. */
  showNewest(): Promise<void>
  /** Everything up to `seq` was seen; absent: all there is. Sent as soon as it can be, the highest only. */
  markRead(seq?: number): void
  /** To be called on each keystroke: others are told at most every few seconds, and it ends by itself. */
  notifyTyping(): void
  stopTyping(): void
  /** Brings a file to the chat, for a message to name. @throws the signal's reason when it was given up */
  upload(file: Blob & { name?: string }, options?: UploadOptions): Promise<Attachment>
  /** An address of the file itself, good for a few minutes; of images also a `thumbnail`. Asked for at each call. */
  attachmentUrl(attachmentId: string, variant?: 'original' | 'thumbnail'): Promise<string>
  /** The chat is not shown any more. */
  close(): void
}

export interface UploadOptions {
  /** Hears how much of it has been sent, from 0 to 1. */
  onProgress?: ((sent: number) => void) | undefined
  signal?: AbortSignal | undefined
}
