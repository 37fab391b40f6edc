import { z } from 'zod'

/** The things that travel (CONTRACT.md section 3): one schema for the type, the check and the documentation. */

export const timestamp = z.iso.datetime().describe('ISO 8601 UTC with milliseconds')
const seq = z.int().nonnegative()

export const chatType = z.enum(['order', 'general'])

/** A chat, the same for all who may see it. */
export const chat = z.object({
  id: z.string(),
  type: chatType,
  orderId: z.string().nullable(),
  subject: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  createdAt: timestamp,
  closedAt: timestamp.nullable(),
  firstSeq: seq.describe('The oldest message that is still kept; 1 before retention took any.'),
  lastSeq: seq.describe('The newest message; 0 when there is none.'),
  rev: seq.describe('The newest event.'),
  memberCount: z.int().nonnegative(),
})

/** The caller's own view of a chat. */
export const mine = z.object({
  role: z.string(),
  lastReadSeq: seq,
  unread: seq.describe('lastSeq - lastReadSeq'),
  archivedAt: timestamp.nullable(),
  sticky: z.boolean().describe('Stays archived when a new message comes.'),
})

export const member = z.object({
  userId: z.string(),
  fullName: z.string(),
  role: z.string(),
  online: z.boolean(),
  lastSeen: timestamp.nullable(),
  lastReadSeq: seq,
})

export const attachment = z.object({
  id: z.string(),
  name: z.string(),
  mime: z.string(),
  size: z.int().nonnegative().describe('bytes'),
  width: z.int().positive().optional(),
  height: z.int().positive().optional(),
})

/** On its way to `ready`: a message may name it only then, and once. */
export const attachmentStatus = z.enum(['uploading', 'quarantined', 'ready', 'rejected'])

/** An attachment as its uploader sees it, before a message names it. */
export const upload = attachment.extend({
  status: attachmentStatus.describe("quarantined: the operator's scanner has not given its verdict yet"),
})

/** How to bring the bytes: as the body of a `PUT`, or as a form with these fields first and the bytes as `file`. */
export const uploadTarget = z.object({
  method: z.enum(['PUT', 'POST']),
  url: z.url(),
  fields: z.record(z.string(), z.string()).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  expiresAt: timestamp,
})

/** A message, the same object live and in history. */
export const message = z.object({
  id: z.uuid().describe('UUIDv7'),
  chatId: z.string(),
  seq: seq.positive(),
  rev: seq.positive().describe('The event of its last change.'),
  kind: z.enum(['user', 'system']),
  sender: z.object({ id: z.string(), fullName: z.string() }),
  content: z.string(),
  attachments: z.array(attachment),
  metadata: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Only on system messages that were given some.'),
  clientId: z.string().nullable(),
  createdAt: timestamp,
  editedAt: timestamp.nullable(),
  deletedAt: timestamp.nullable(),
})

/** The answer to a send: where the committed message stands. */
export const sent = z.object({
  id: z.uuid(),
  seq: seq.positive(),
  rev: seq.positive(),
  createdAt: timestamp,
  duplicate: z.literal(true).optional().describe('A repeat of a clientId: these are the original values.'),
})

/** The answer to an edit or a deletion. */
export const changed = z.object({ rev: seq.positive().describe('The event that it is; of a repeat, was.') })

export const readMark = z.object({ lastReadSeq: seq, unread: seq })

/** What an event of a chat other than a message has changed. */
export const change = z.discriminatedUnion('type', [
  z.object({ type: z.literal('closed') }),
  z.object({ type: z.literal('reopened') }),
  z.object({ type: z.literal('member_added'), userId: z.string(), fullName: z.string(), role: z.string() }),
  z.object({ type: z.literal('member_removed'), userId: z.string() }),
  z.object({ type: z.literal('member_changed'), userId: z.string(), role: z.string() }),
])

export const user = z.object({ id: z.string(), fullName: z.string() })

export type Attachment = z.infer<typeof attachment>
export type AttachmentStatus = z.infer<typeof attachmentStatus>
export type Upload = z.infer<typeof upload>
export type UploadTarget = z.infer<typeof uploadTarget>
export type Chat = z.infer<typeof chat>
export type ChatType = z.infer<typeof chatType>
export type Mine = z.infer<typeof mine>
export type Member = z.infer<typeof member>
export type Message = z.infer<typeof message>
export type Sent = z.infer<typeof sent>
export type Changed = z.infer<typeof changed>
export type ReadMark = z.infer<typeof readMark>
export type Change = z.infer<typeof change>
export type User = z.infer<typeof user>
