import { z } from 'zod'
import { CHATS_PER_RESUME, REF_LENGTH } from './limits.js'
import { cleanText, id } from './text.js'

/** What a session may ask (CONTRACT.md section 3, client frames). Unknown fields are ignored. */

const ref = z.union([z.string().max(REF_LENGTH), z.number()]).optional()
export type Ref = z.infer<typeof ref> | null

export const joinFrame = z.object({
  type: z.literal('join'),
  ref,
  chatId: id,
  afterRev: z.int().nonnegative().optional(),
  epoch: z.string().max(64).optional(),
})

export const resumeFrame = z.object({
  type: z.literal('resume'),
  ref,
  chats: z
    .record(id, z.int().nonnegative())
    .refine((chats) => Object.keys(chats).length <= CHATS_PER_RESUME, `at most ${CHATS_PER_RESUME} chats`)
    .describe('The newest event seen, by chat.'),
  epoch: z.string().max(64).optional(),
})

export const leaveFrame = z.object({ type: z.literal('leave'), ref, chatId: id })

export const sendFrame = z.object({
  type: z.literal('send'),
  ref,
  chatId: id,
  clientId: id.optional(),
  content: cleanText,
  attachments: z.array(id).optional(),
})

export const editFrame = z.object({
  type: z.literal('edit'),
  ref,
  chatId: id,
  seq: z.int().nonnegative(),
  content: cleanText,
})

export const deleteFrame = z.object({
  type: z.literal('delete'),
  ref,
  chatId: id,
  seq: z.int().nonnegative(),
})

export const readFrame = z.object({ type: z.literal('read'), ref, chatId: id, seq: z.int().nonnegative() })

export const typingFrame = z.object({ type: z.literal('typing'), ref, chatId: id, active: z.boolean() })

export const authFrame = z.object({ type: z.literal('auth'), ref, token: z.string().min(1) })

export const pingFrame = z.object({ type: z.literal('ping'), ref })

export const clientFrame = z.discriminatedUnion('type', [
  joinFrame,
  resumeFrame,
  leaveFrame,
  sendFrame,
  editFrame,
  deleteFrame,
  readFrame,
  typingFrame,
  authFrame,
  pingFrame,
])

export type JoinFrame = z.infer<typeof joinFrame>
export type ResumeFrame = z.infer<typeof resumeFrame>
export type LeaveFrame = z.infer<typeof leaveFrame>
export type SendFrame = z.infer<typeof sendFrame>
export type EditFrame = z.infer<typeof editFrame>
export type DeleteFrame = z.infer<typeof deleteFrame>
export type ReadFrame = z.infer<typeof readFrame>
export type TypingFrame = z.infer<typeof typingFrame>
export type AuthFrame = z.infer<typeof authFrame>
export type PingFrame = z.infer<typeof pingFrame>
export type ClientFrame = z.infer<typeof clientFrame>
