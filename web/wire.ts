// From untyped JSON to the types of types.ts. Whatever the server sends passes through here once, so the rest
// of the page never has to doubt a field. Hand-written: a validator library would be the page's only dependency.

import type {
  Attachment,
  AttachmentLimits,
  Chat,
  ChatSummary,
  Epoch,
  ErrorBody,
  JoinData,
  Member,
  Message,
  Mine,
  Page,
  Push,
  SendAck,
  ServerFrame,
  Upload,
} from './types.js'

export class WireError extends Error {}

type Fields = Record<string, unknown>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const fieldsOf = (value: unknown, what: string): Fields => {
  if (!isFields(value)) throw new WireError(`${what} is not an object`)
  return value
}

const stringOf = (from: Fields, name: string): string => {
  const value = from[name]
  if (typeof value !== 'string') throw new WireError(`${name} is not a string`)
  return value
}

const stringOrNull = (from: Fields, name: string): string | null => {
  const value = from[name]
  return typeof value === 'string' ? value : null
}

const numberOf = (from: Fields, name: string): number => {
  const value = from[name]
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new WireError(`${name} is not a number`)
  return value
}

const numberOr = (from: Fields, name: string, fallback: number): number =>
  from[name] === undefined || from[name] === null ? fallback : numberOf(from, name)

const listOf = <T>(from: Fields, name: string, read: (item: unknown) => T): T[] => {
  const value = from[name]
  if (!Array.isArray(value)) throw new WireError(`${name} is not a list`)
  return value.map((item: unknown) => read(item))
}

const listOrEmpty = <T>(from: Fields, name: string, read: (item: unknown) => T): T[] =>
  from[name] === undefined ? [] : listOf(from, name, read)

const readEpoch = (value: unknown): Epoch => {
  if (typeof value !== 'string' && typeof value !== 'number') throw new WireError('epoch is missing')
  return value
}

export const readChat = (value: unknown): Chat => {
  const from = fieldsOf(value, 'chat')
  return {
    id: stringOf(from, 'id'),
    type: stringOf(from, 'type'),
    orderId: stringOrNull(from, 'orderId'),
    subject: stringOrNull(from, 'subject'),
    closedAt: stringOrNull(from, 'closedAt'),
    createdAt: stringOf(from, 'createdAt'),
    firstSeq: numberOf(from, 'firstSeq'),
    lastSeq: numberOf(from, 'lastSeq'),
    memberCount: numberOf(from, 'memberCount'),
  }
}

export const readMine = (value: unknown): Mine => {
  const from = fieldsOf(value, 'mine')
  return { lastReadSeq: numberOf(from, 'lastReadSeq'), archivedAt: stringOrNull(from, 'archivedAt') }
}

const readMember = (value: unknown): Member => {
  const from = fieldsOf(value, 'member')
  const userId = stringOf(from, 'userId')
  return {
    userId,
    fullName: stringOrNull(from, 'fullName') ?? userId,
    role: stringOrNull(from, 'role') ?? 'member',
    online: from.online === true,
    lastSeen: stringOrNull(from, 'lastSeen'),
    lastReadSeq: numberOr(from, 'lastReadSeq', 0),
  }
}

const readSender = (value: unknown): Message['sender'] => {
  if (value === null || value === undefined) return null
  const from = fieldsOf(value, 'sender')
  const id = stringOf(from, 'id')
  return { id, fullName: stringOrNull(from, 'fullName') ?? id }
}

const sizeOrNull = (from: Fields, name: string): number | null => {
  const value = from[name]
  return typeof value === 'number' && value > 0 ? value : null
}

const readAttachment = (value: unknown): Attachment => {
  const from = fieldsOf(value, 'attachment')
  return {
    id: stringOf(from, 'id'),
    name: stringOf(from, 'name'),
    mime: stringOf(from, 'mime'),
    size: numberOf(from, 'size'),
    width: sizeOrNull(from, 'width'),
    height: sizeOrNull(from, 'height'),
  }
}

export const readUpload = (value: unknown): Upload => ({
  attachment: readAttachment(value),
  isReady: fieldsOf(value, 'upload').status === 'ready',
})

/** The answer to a form of one file. */
export const readOnlyUpload = (value: unknown): Upload => {
  const [upload] = listOf(fieldsOf(value, 'uploads'), 'data', readUpload)
  if (!upload) throw new WireError('no upload')
  return upload
}

export const readUrl = (value: unknown): string => stringOf(fieldsOf(value, 'link'), 'url')

const readAttachmentLimits = (value: unknown): AttachmentLimits => {
  const from = fieldsOf(value, 'limits')
  return {
    bytes: numberOr(from, 'attachmentBytes', 0),
    perMessage: numberOr(from, 'attachmentsPerMessage', 0),
  }
}

export const readMessage = (value: unknown): Message => {
  const from = fieldsOf(value, 'message')
  return {
    id: stringOf(from, 'id'),
    chatId: stringOf(from, 'chatId'),
    seq: numberOf(from, 'seq'),
    rev: numberOf(from, 'rev'),
    kind: from.kind === 'system' ? 'system' : 'user',
    sender: readSender(from.sender),
    content: stringOrNull(from, 'content') ?? '',
    attachments: listOrEmpty(from, 'attachments', readAttachment),
    clientId: stringOrNull(from, 'clientId'),
    createdAt: stringOf(from, 'createdAt'),
    editedAt: stringOrNull(from, 'editedAt'),
    deletedAt: stringOrNull(from, 'deletedAt'),
  }
}

const readMessageOrNull = (value: unknown): Message | null =>
  value === null || value === undefined ? null : readMessage(value)

/** GET /chats and GET /chats/:id: the chat's own fields, with the caller's view beside them. */
export const readChatSummary = (value: unknown): ChatSummary => {
  const from = fieldsOf(value, 'chat')
  return {
    chat: readChat(value),
    mine: readMine(from.mine),
    lastMessage: readMessageOrNull(from.lastMessage),
    members: listOrEmpty(from, 'members', readMember),
  }
}

export const readPage = <T>(value: unknown, read: (item: unknown) => T): Page<T> => {
  const from = fieldsOf(value, 'page')
  return {
    items: listOf(from, 'data', read),
    nextCursor: isFields(from.pagination) ? stringOrNull(from.pagination, 'nextCursor') : null,
  }
}

export const readJoinData = (value: unknown): JoinData => {
  const from = fieldsOf(value, 'join reply')
  return {
    chat: readChat(from.chat),
    mine: readMine(from.mine),
    members: listOf(from, 'members', readMember),
    messages: listOf(from, 'messages', readMessage),
    rev: numberOf(from, 'rev'),
    epoch: readEpoch(from.epoch),
    complete: from.complete === true,
    reset: from.reset === true,
  }
}

export const readSendAck = (value: unknown): SendAck => {
  const from = fieldsOf(value, 'send reply')
  return { seq: numberOf(from, 'seq'), rev: numberOf(from, 'rev') }
}

export const readLastReadSeq = (value: unknown): number =>
  numberOf(fieldsOf(value, 'read reply'), 'lastReadSeq')

export const readToken = (value: unknown): string => stringOf(fieldsOf(value, 'token reply'), 'token')

export const readWsPort = (value: unknown): number => numberOf(fieldsOf(value, 'config'), 'wsPort')

export const readErrorBody = (value: unknown): ErrorBody | undefined => {
  if (!isFields(value) || typeof value.code !== 'string') return undefined
  return {
    code: value.code,
    message: stringOrNull(value, 'message') ?? value.code,
    temporary: value.temporary === true,
    retryAfterMs: typeof value.retryAfterMs === 'number' ? value.retryAfterMs : null,
  }
}

/** The body of a REST error answer. */
export const readRestError = (value: unknown): ErrorBody | undefined =>
  isFields(value) ? readErrorBody(value.error) : undefined

const touchesMembers = (change: unknown): boolean =>
  typeof change === 'string' ? change.startsWith('member') : isFields(change) && 'userId' in change

const readPush = (from: Fields): Push | undefined => {
  switch (from.type) {
    case 'hello':
      return {
        type: 'hello',
        heartbeatMs: numberOf(from, 'heartbeatMs'),
        attachments: readAttachmentLimits(from.limits),
      }
    case 'goaway':
      return { type: 'goaway', reconnectInMs: numberOr(from, 'reconnectInMs', 0) }
    case 'chat_added':
      return { type: 'chat_added', chat: readChat(from.chat), mine: readMine(from.mine) }
    case 'removed':
      return { type: 'removed', chatId: stringOf(from, 'chatId') }
    case 'chat_activity':
      return {
        type: 'chat_activity',
        chatId: stringOf(from, 'chatId'),
        lastMessage: readMessageOrNull(from.lastMessage),
        unread: numberOf(from, 'unread'),
        archivedAt: stringOrNull(from, 'archivedAt'),
      }
    case 'message':
    case 'message_edited':
    case 'message_deleted': {
      const message = readMessage(from.message)
      return { type: from.type, chatId: message.chatId, rev: numberOf(from, 'rev'), message }
    }
    case 'chat_updated': {
      const chat = readChat(from.chat)
      return {
        type: 'chat_updated',
        chatId: chat.id,
        rev: numberOf(from, 'rev'),
        chat,
        membersChanged: touchesMembers(from.change),
      }
    }
    case 'presence':
      return {
        type: 'presence',
        chatId: stringOf(from, 'chatId'),
        userId: stringOf(from, 'userId'),
        online: from.online === true,
        lastSeen: stringOrNull(from, 'lastSeen'),
      }
    case 'typing':
      return {
        type: 'typing',
        chatId: stringOf(from, 'chatId'),
        userId: stringOf(from, 'userId'),
        active: from.active === true,
      }
    case 'read':
      return {
        type: 'read',
        chatId: stringOf(from, 'chatId'),
        userId: stringOf(from, 'userId'),
        seq: numberOf(from, 'seq'),
      }
    default:
      // A push this page has no use for (user_joined, or one that a newer server invented).
      return undefined
  }
}

export const readServerFrame = (text: string): ServerFrame | undefined => {
  const parsed: unknown = JSON.parse(text)
  const from = fieldsOf(parsed, 'frame')
  const ref = typeof from.ref === 'number' ? from.ref : null
  if (from.type === 'reply') return { kind: 'reply', ref, data: from.data }
  if (from.type === 'error') {
    const error = readErrorBody(from)
    if (!error) throw new WireError('error frame without a code')
    return { kind: 'error', ref, error }
  }
  const push = readPush(from)
  return push && { kind: 'push', push }
}
