import { z } from 'zod'
import { change, changed, chat, member, message, mine, readMark, sent, timestamp, user } from './objects.js'

/** What a session is sent unasked (CONTRACT.md section 3, pushes) and the data of replies. */

const attachmentLimits = z.object({
  attachmentBytes: z.int().describe('of one attachment; 0 where there are none'),
  attachmentsPerMessage: z.int(),
})
export type AttachmentLimits = z.infer<typeof attachmentLimits>

export const limits = attachmentLimits.extend({
  frameBytes: z.int(),
  contentBytes: z.int(),
  chatsPerSession: z.int(),
})

export const pushes = {
  hello: z.object({ sessionId: z.string(), user, serverTime: timestamp, heartbeatMs: z.int(), limits }),
  goaway: z.object({ reconnectInMs: z.int().nonnegative() }),
  chat_added: z.object({ chat, mine }),
  removed: z.object({ chatId: z.string() }),
  chat_activity: z.object({
    chatId: z.string(),
    lastMessage: message,
    unread: z.int(),
    archivedAt: timestamp.nullable(),
  }),
  message: z.object({ rev: z.int(), message }),
  message_edited: z.object({ rev: z.int(), message }),
  message_deleted: z.object({ rev: z.int(), message }),
  chat_updated: z.object({ rev: z.int(), chat, change }),
  user_joined: z.object({ chatId: z.string(), userId: z.string(), fullName: z.string() }),
  user_left: z.object({ chatId: z.string(), userId: z.string() }),
  presence: z.object({
    chatId: z.string(),
    userId: z.string(),
    online: z.boolean(),
    lastSeen: timestamp.nullable(),
  }),
  typing: z.object({ chatId: z.string(), userId: z.string(), active: z.boolean() }),
  read: z.object({ chatId: z.string(), userId: z.string(), seq: z.int() }),
} as const

export type PushType = keyof typeof pushes
export type Push<T extends PushType> = z.infer<(typeof pushes)[T]>

export const joinData = z.object({
  chat,
  mine,
  members: z.array(member),
  messages: z.array(message),
  rev: z.int().describe('Where this data stands: the next event is this one plus 1.'),
  epoch: z.string(),
  complete: z
    .boolean()
    .describe('While false, ask again from `rev`; live pushes begin with the complete answer.'),
  reset: z
    .literal(true)
    .optional()
    .describe('The `afterRev` given could not be served: start over from this data.'),
})

/** A chat of a resume that did not fit into the reply: ask again from `rev`. */
const unreadChat = z.object({ complete: z.literal(false), rev: z.int(), messages: z.tuple([]) })
const refusedChat = z.object({
  error: z.object({ code: z.string(), message: z.string(), temporary: z.boolean() }),
})

export const replies = {
  join: joinData,
  resume: z.object({ chats: z.record(z.string(), z.union([joinData, unreadChat, refusedChat])) }),
  leave: z.object({}),
  send: sent,
  edit: changed,
  delete: changed,
  read: readMark,
  auth: z.object({ expiresAt: timestamp }),
  ping: z.object({ serverTime: timestamp }),
} as const

export type JoinData = z.infer<typeof joinData>
export type ResumeData = z.infer<typeof replies.resume>
export type ResumedChat = ResumeData['chats'][string]
