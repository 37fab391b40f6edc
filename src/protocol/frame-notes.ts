import type { z } from 'zod'
import type { ClientFrame } from './client-frames.js'
import {
  exampleChat,
  exampleMember,
  exampleMessage,
  exampleMine,
  exampleSent,
  exampleUser,
} from './examples.js'
import { CHATS_PER_SESSION, CONTENT_BYTES, FRAME_BYTES, HEARTBEAT_MS } from './limits.js'
import type { JoinData, Push, PushType, replies } from './server-frames.js'

/** What the socket's reference says of each frame and shows of it. The compiler asks for a note on every one. */

interface Note<Example> {
  readonly summary: string
  readonly example: Example
}

const chatId = exampleChat.id
const { rev } = exampleMessage
const serverTime = '2026-03-02T09:15:31.000Z'

const joined: JoinData = {
  chat: exampleChat,
  mine: exampleMine,
  members: [exampleMember],
  messages: [exampleMessage],
  rev,
  epoch: '1',
  complete: true,
}

export const FRAME_NOTES: { readonly [T in ClientFrame['type']]: Note<ClientFrame & { type: T }> } = {
  join: {
    summary:
      'Follow a chat: what was missed since `afterRev`, or the newest 50 messages, and pushes from then on.',
    example: { type: 'join', ref: 1, chatId, afterRev: 1, epoch: '1' },
  },
  resume: {
    summary: 'Join several chats at once after a reconnect, each from the last `rev` that was seen.',
    example: { type: 'resume', ref: 2, chats: { [chatId]: 1 }, epoch: '1' },
  },
  leave: { summary: 'Follow a chat no longer.', example: { type: 'leave', ref: 3, chatId } },
  send: {
    summary:
      'Say something. The reply leaves after the commit; a repeat with the same `clientId` gets the original answer. Membership is enough, no `join` is needed.',
    example: { type: 'send', ref: 4, chatId, clientId: '5f0c6d1e', content: 'It left this morning.' },
  },
  edit: {
    summary: 'Change the content of one’s own message while the chat is open.',
    example: { type: 'edit', ref: 5, chatId, seq: 2, content: 'It left this noon.' },
  },
  delete: {
    summary:
      'Take back one’s own message: a tombstone without content stays. A repeat answers the first `rev`.',
    example: { type: 'delete', ref: 6, chatId, seq: 2 },
  },
  read: {
    summary: 'Everything up to `seq` was seen. The highest one wins.',
    example: { type: 'read', ref: 7, chatId, seq: 2 },
  },
  typing: {
    summary: 'Tell the others that one is typing. No reply; it ends by itself after 5 s.',
    example: { type: 'typing', chatId, active: true },
  },
  auth: {
    summary: 'A fresh token of the same user, before the old one ends.',
    example: { type: 'auth', ref: 8, token: 'eyJhbGciOi…' },
  },
  ping: {
    summary: 'A sign of life, within every `heartbeatMs` in which nothing else is sent.',
    example: { type: 'ping', ref: 9 },
  },
}

export const REPLY_EXAMPLES: { readonly [T in keyof typeof replies]: z.infer<(typeof replies)[T]> } = {
  join: joined,
  resume: {
    chats: {
      [chatId]: joined,
      'chat-2': { complete: false, rev: 7, messages: [] },
      'chat-3': {
        error: { code: 'not_a_member', message: 'Not a member of this chat.', temporary: false },
      },
    },
  },
  leave: {},
  send: exampleSent,
  edit: { rev: 3 },
  delete: { rev: 4 },
  read: { lastReadSeq: 2, unread: 0 },
  auth: { expiresAt: '2026-03-02T10:15:31.000Z' },
  ping: { serverTime },
}

export const PUSH_NOTES: { readonly [T in PushType]: Note<Push<T>> } = {
  hello: {
    summary: 'The first frame of a session: who one is, and what is bounded here.',
    example: {
      sessionId: '0198c1a2-1111-7222-8333-444455556666',
      user: exampleUser,
      serverTime,
      heartbeatMs: HEARTBEAT_MS,
      limits: {
        frameBytes: FRAME_BYTES,
        contentBytes: CONTENT_BYTES,
        chatsPerSession: CHATS_PER_SESSION,
        attachmentBytes: 26_214_400,
        attachmentsPerMessage: 10,
      },
    },
  },
  goaway: {
    summary: 'The node is about to end: connect again after this time, to another one.',
    example: { reconnectInMs: 1200 },
  },
  chat_added: {
    summary: 'One has become a member of a chat. To every session of the user, joined or not.',
    example: { chat: exampleChat, mine: exampleMine },
  },
  removed: { summary: 'One is no member any more. To every session of the user.', example: { chatId } },
  chat_activity: {
    summary:
      'A chat has a new message: for an open inbox. To every session of the user, at most one a second for each chat, none for chats over 50 members.',
    example: { chatId, lastMessage: exampleMessage, unread: 1, archivedAt: null },
  },
  message: { summary: 'A message was said. An event.', example: { rev, message: exampleMessage } },
  message_edited: {
    summary: 'A message was changed. An event, with the message in its latest state.',
    example: {
      rev: 3,
      message: {
        ...exampleMessage,
        rev: 3,
        content: 'It left this noon.',
        editedAt: '2026-03-02T09:16:00.000Z',
      },
    },
  },
  message_deleted: {
    summary: 'A message was taken back. An event.',
    example: {
      rev: 4,
      message: { ...exampleMessage, rev: 4, content: '', deletedAt: '2026-03-02T09:17:00.000Z' },
    },
  },
  chat_updated: {
    summary:
      'The chat itself has changed: it was closed or opened again, or its members are others. An event.',
    example: { rev: 5, chat: { ...exampleChat, rev: 5, closedAt: serverTime }, change: { type: 'closed' } },
  },
  user_joined: {
    summary: 'The first session of another user has joined the chat.',
    example: { chatId, userId: 'bob', fullName: 'Bob Ray' },
  },
  user_left: {
    summary: 'The last session of another user has left the chat.',
    example: { chatId, userId: 'bob' },
  },
  presence: {
    summary: 'Another member is online, or no longer. None in chats over 100 members.',
    example: { chatId, userId: 'bob', online: false, lastSeen: serverTime },
  },
  typing: {
    summary: 'Another user is typing, or has stopped.',
    example: { chatId, userId: 'bob', active: true },
  },
  read: {
    summary: 'Another user has seen everything up to `seq`. Best effort.',
    example: { chatId, userId: 'bob', seq: 2 },
  },
}
