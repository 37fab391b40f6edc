import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Seen } from '../record/entries.js'

/** What the checker reads of the wire, written from docs/contract.md and from nothing else. */

const count = z.int().nonnegative()

export const message = z.object({
  id: z.string(),
  chatId: z.string(),
  seq: count,
  rev: count,
  kind: z.string(),
  sender: z.object({ id: z.string() }),
  content: z.string(),
  clientId: z.string().nullable(),
  createdAt: z.iso.datetime(),
  editedAt: z.iso.datetime().nullable(),
  deletedAt: z.iso.datetime().nullable(),
})
export type Message = z.infer<typeof message>

const change = z.looseObject({ type: z.string(), userId: z.string().optional() })

export const helloPush = z.object({ heartbeatMs: count })
export const goawayPush = z.object({ reconnectInMs: count })
export const messagePush = z.object({ rev: count, message })
export const updatedPush = z.object({ rev: count, chat: z.object({ id: z.string() }), change })
export const ofChatPush = z.object({ chatId: z.string() })
export const activityPush = z.object({ chatId: z.string(), lastMessage: message })

export const joinData = z.object({
  /** Not there in what a `resume` has put off. */
  chat: z.object({ lastSeq: count }).optional(),
  messages: z.array(message),
  rev: count,
  epoch: z.string().optional(),
  complete: z.boolean(),
  reset: z.boolean().optional(),
})
export type JoinData = z.infer<typeof joinData>

export const sent = z.object({
  id: z.string(),
  seq: count,
  rev: count,
  createdAt: z.iso.datetime(),
  duplicate: z.boolean().optional(),
})
export const resumed = z.object({ chats: z.record(z.string(), z.unknown()) })
export const resumeRefusal = z.object({ error: z.unknown() })
export const mended = z.object({ rev: count })
export const readMark = z.object({ lastReadSeq: count, unread: count })
export const made = z.object({ id: z.string(), lastSeq: count })
export const ownView = z.object({ lastSeq: count, mine: readMark })
export const page = z.object({ data: z.array(message) })

export const refusal = z.object({
  code: z.string(),
  temporary: z.boolean(),
  retryAfterMs: count.optional(),
})

export const frame = z.looseObject({
  type: z.string(),
  ref: z.union([z.string(), z.number(), z.null()]).optional(),
  data: z.unknown().optional(),
})
export type Frame = z.infer<typeof frame>

/**
 * @param given a message of the wire, checked already
 * @param rev of its last change; null where the door does not say it
 */
export function seen(given: Message, rev: number | null = given.rev): Seen {
  const sender = given.sender.id
  return { seq: given.seq, rev, identity: identityOf({ ...given, sender }), said: saidOf(given) }
}

/** What of a message never changes. Names of users are no part of it: they change without an event. */
export function identityOf(given: Omit<Said, 'content' | 'deletedAt'>): string {
  const { id, seq, kind, sender, clientId, createdAt } = given
  return JSON.stringify([id, seq, kind, sender, clientId, createdAt])
}

/** What it says now. */
export function saidOf({ content, deletedAt }: Pick<Said, 'content' | 'deletedAt'>): string {
  return deletedAt === null ? digestOf(content) : `deleted ${content}`
}

export const DELETED = 'deleted '

export interface Said {
  readonly id: string
  readonly seq: number
  readonly kind: string
  readonly sender: string
  readonly content: string
  readonly clientId: string | null
  readonly createdAt: string
  readonly deletedAt: string | null
}

export function digestOf(content: string): string {
  return createHash('sha1').update(content).digest('base64url').slice(0, 12)
}
