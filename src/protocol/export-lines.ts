import { z } from 'zod'
import { attachment, attachmentStatus, chatType, message, timestamp } from './objects.js'

/** The lines of an export of one user's data: what is the user's own, and of others nothing but that a chat is there. */
export const exportLine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('export'), format: z.literal(1), userId: z.string(), at: timestamp }),
  z.object({
    type: z.literal('user'),
    id: z.string(),
    fullName: z.string(),
    lastSeen: timestamp.nullable(),
  }),
  z.object({
    type: z.literal('chat'),
    id: z.string(),
    chatType,
    orderId: z.string().nullable(),
    subject: z.string().nullable(),
    createdAt: timestamp,
    closedAt: timestamp.nullable(),
    membership: z
      .object({
        role: z.string(),
        joinedAt: timestamp,
        lastReadSeq: z.int().nonnegative(),
        archivedAt: timestamp.nullable(),
        sticky: z.boolean(),
      })
      .nullable()
      .describe('null: the user is no member any more'),
    leftAt: timestamp.nullable(),
  }),
  z.object({ type: z.literal('message'), message: message.describe('One that the user has said.') }),
  z.object({
    type: z.literal('attachment'),
    chatId: z.string(),
    seq: z.int().positive().nullable().describe('of the message; null: it was not sent'),
    attachment,
    status: attachmentStatus,
    createdAt: timestamp,
    url: z.url().nullable().describe('null: there is nothing to download'),
    expiresAt: timestamp.nullable().describe('of the URL'),
  }),
  z.object({
    type: z.literal('end'),
    chats: z.int().nonnegative(),
    messages: z.int().nonnegative(),
    attachments: z.int().nonnegative(),
  }),
])

export type ExportLine = z.infer<typeof exportLine>
