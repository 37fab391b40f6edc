import { addAbortSignal, Readable } from 'node:stream'
import type { Logger } from 'pino'
import type { BlobStore } from '../ports/blob-store.js'
import { ParleyError } from '../protocol/errors.js'
import type { ExportLine } from '../protocol/export-lines.js'
import type { AttachmentRow } from '../store/attachments.js'
import type { KnownChat } from '../store/export.js'
import type { MessageRow } from '../store/messages.js'
import type { Store } from '../store/store.js'
import { linkTo } from './attachments/links.js'
import { chatsOfUser } from './chats-of-user.js'
import { newId } from './new-id.js'
import { archivedAt, toAttachment, toMessage } from './views.js'

/** Exports that a node has under way. */
const AT_ONCE = 2
/** Whoever takes longer to read one does not get its end. */
const EXPORT_MS = 30 * 60 * 1000
/** Numbers of a chat whose messages are looked through in one statement: what one page holds at most. */
const WINDOW = 200

export interface ExportsOptions {
  readonly store: Store
  /** Undefined where there are none. */
  readonly blobs: BlobStore | undefined
  readonly linkSeconds: number
  readonly logger: Logger
}

/** A URL of our own door, which may be a path, as whoever asks reaches it. */
type ToUrl = (url: string) => string

interface Counts {
  chats: number
  messages: number
  attachments: number
}

/**
 * All that is kept of one user, as lines of JSON (NDJSON). It is read page by page as whoever asks takes it, so a
 * node holds one page of it at a time; nothing is locked, and what is said meanwhile may be in it or not.
 */
export function createExports({ store, blobs, linkSeconds, logger }: ExportsOptions) {
  let underWay = 0

  async function* pagesOf(userId: string, toUrl: ToUrl, counts: Counts): AsyncIterable<ExportLine[]> {
    yield [{ type: 'export', format: 1, userId, at: new Date().toISOString() }]
    const user = await store.export.user(userId)
    if (user !== undefined) yield [toUserLine(user)]
    for await (const chat of chatsOf(userId)) {
      counts.chats += 1
      yield [toChatLine(chat)]
      for (let first = chat.first_seq; first <= chat.last_seq; first += WINDOW) {
        const range = { chatId: chat.id, first, last: first + WINDOW - 1 }
        const messages = await store.export.messages(userId, range)
        counts.messages += messages.length
        yield messages.map((message): ExportLine => ({ type: 'message', message: toMessage(message) }))
        yield await toFileLines(await filesOf(chat.id, messages), toUrl, counts)
      }
      const unsent = await store.export.unsent(userId, chat.id)
      yield await toFileLines(
        unsent.map((row) => ({ row, seq: null })),
        toUrl,
        counts,
      )
    }
    yield [{ type: 'end', ...counts }]
  }

  async function* chatsOf(userId: string): AsyncIterable<KnownChat> {
    for await (const chatIds of chatsOfUser(store, userId)) yield* await store.export.chats(userId, chatIds)
  }

  async function filesOf(chatId: string, messages: readonly MessageRow[]): Promise<File[]> {
    const seqs = new Map(
      messages.flatMap(({ seq, attachments }) => (attachments ?? []).map(({ id }) => [id, seq] as const)),
    )
    const rows = await store.export.attachments(chatId, [...seqs.keys()])
    return rows.map((row) => ({ row, seq: seqs.get(row.id) ?? null }))
  }

  async function toFileLines(files: readonly File[], toUrl: ToUrl, counts: Counts): Promise<ExportLine[]> {
    counts.attachments += files.length
    return await Promise.all(
      files.map(async ({ row, seq }): Promise<ExportLine> => {
        const link =
          blobs === undefined || row.status !== 'ready' ? undefined : await linkTo(blobs, row, linkSeconds)
        return {
          type: 'attachment',
          chatId: row.chat_id,
          seq,
          attachment: toAttachment(row),
          status: row.status,
          createdAt: row.created_at.toISOString(),
          url: link === undefined ? null : toUrl(link.url),
          expiresAt: link?.expiresAt.toISOString() ?? null,
        }
      }),
    )
  }

  return {
    /**
     * Begins one. The audit says so before the first line leaves, and how it ended afterwards.
     *
     * @throws ParleyError `overloaded`
     */
    async begin(userId: string, actor: string, toUrl: ToUrl): Promise<Readable> {
      if (underWay >= AT_ONCE) throw new ParleyError('overloaded', 'Too many exports at once. Try again.')
      underWay += 1
      const id = newId()
      const counts: Counts = { chats: 0, messages: 0, attachments: 0 }
      let isWhole = false
      try {
        await store.audit.add({ id, actor, action: 'export_requested', userId, detail: {} })
      } catch (error) {
        underWay -= 1
        throw error
      }
      logger.info({ export: id, userId, actor }, 'an export is asked for')

      async function* text(): AsyncIterable<string> {
        for await (const page of pagesOf(userId, toUrl, counts))
          if (page.length > 0) yield page.map((line) => `${JSON.stringify(line)}\n`).join('')
        isWhole = true
      }

      async function end(): Promise<void> {
        underWay -= 1
        const detail = { export: id, complete: isWhole, ...counts }
        await store.audit.add({ id: newId(), actor, action: 'export_finished', userId, detail })
      }

      // Not by the end of the text: of a client that goes before it has begun to read there is none.
      const stream = addAbortSignal(AbortSignal.timeout(EXPORT_MS), Readable.from(text()))
      stream.once('close', () => {
        void end().catch((error: unknown) =>
          logger.warn({ export: id, error }, 'the end of an export is lost'),
        )
      })
      return stream
    },
  }
}

export type Exports = ReturnType<typeof createExports>

interface File {
  readonly row: AttachmentRow
  readonly seq: number | null
}

function toUserLine(user: { id: string; full_name: string; last_seen_at: Date | null }): ExportLine {
  return {
    type: 'user',
    id: user.id,
    fullName: user.full_name,
    lastSeen: user.last_seen_at?.toISOString() ?? null,
  }
}

function toChatLine(chat: KnownChat): ExportLine {
  const { role, joined_at: joinedAt, last_read_seq: lastReadSeq, archive_sticky: sticky } = chat
  const isMember = role !== null && joinedAt !== null && lastReadSeq !== null && sticky !== null
  return {
    type: 'chat',
    id: chat.id,
    chatType: chat.type,
    orderId: chat.order_id,
    subject: chat.subject,
    createdAt: chat.created_at.toISOString(),
    closedAt: chat.closed_at?.toISOString() ?? null,
    membership: isMember
      ? {
          role,
          joinedAt: joinedAt.toISOString(),
          lastReadSeq,
          archivedAt: archivedAt({ ...chat, role, last_read_seq: lastReadSeq, archive_sticky: sticky }, chat),
          sticky,
        }
      : null,
    leftAt: isMember ? null : (chat.left_at?.toISOString() ?? null),
  }
}
