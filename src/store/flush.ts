import { type Kysely, sql } from 'kysely'
import { PREPARED } from '../ports/database.js'
import type { Attachment } from '../protocol/objects.js'
import type { Schema } from './schema.js'
import { plainArray, textArray } from './text-array.js'

export interface NewMessage {
  readonly id: string
  readonly chatId: string
  readonly senderId: string
  readonly clientId: string | null
  readonly kind: 'user' | 'system'
  readonly content: string
  readonly metadata: Record<string, unknown> | null
  /** Ids (UUIDs) of the attachments that it names. */
  readonly attachments: readonly string[]
  /** True for the marketplace's backend, which writes in every chat. */
  readonly anywhere: boolean
}

/** What became of one message of a flush; `item` counts from 1 in the order given. */
export type JudgedRow = CommittedRow | RefusedRow<Refusal>

/** Left out: somebody else had its chat locked. It is to come again, before others of its chat. */
export type CommitRow = JudgedRow | RefusedRow<'left_out'>

export type Refusal = 'not_a_member' | 'chat_closed' | 'attachment_not_found' | 'attachment_not_usable'

/** A duplicate has the values of the first one. */
export interface CommittedRow {
  readonly item: number
  readonly outcome: 'committed' | 'duplicate'
  readonly id: string
  readonly seq: number
  readonly rev: number
  readonly created_at: Date
  /** As the message shows them; null for none, and for a duplicate. */
  readonly attachments: Attachment[] | null
}

interface RefusedRow<Outcome extends string> {
  readonly item: number
  readonly outcome: Outcome
}

/** Numbers of each chat, separated by commas; null when some message cannot be committed as it is. */
interface Stood {
  readonly last_seqs: string | null
  readonly last_revs: string
  readonly committed_at: number
}

/** SQL that commits messages: the flush as it nearly always goes, and the slow road. */
export function createFlushStore(db: Kysely<Schema>) {
  return {
    /**
     * Commits all of the messages, one round trip and one transaction, but for those of chats that are locked, unless
     * it `waits`; undefined, and none of them is committed, when one of them must not be, or is a repeat. They name no
     * attachments. See db/migrations/0006_commit_at_once.sql.
     */
    async atOnce(
      batch: readonly NewMessage[],
      { waits }: { readonly waits: boolean },
    ): Promise<CommitRow[] | undefined> {
      const { chats, senders, places } = group(batch)
      const { rows } = await sql<Stood>`${sql.raw(PREPARED)} select * from commit_at_once(
        ${textArray(chats.map(({ id }) => id))},
        ${plainArray(chats.map(({ count }) => count))},
        ${waits},
        ${plainArray(senders.map(({ chat }) => chat))},
        ${textArray(senders.map(({ id }) => id))},
        ${plainArray(senders.map(({ last }) => last))},
        ${plainArray(senders.map(({ isAnywhere }) => isAnywhere))},
        ${plainArray(places.map(({ chat }) => chat))},
        ${plainArray(places.map(({ place }) => place))},
        ${plainArray(places.map(({ id }) => id))},
        ${textArray(batch.map(({ senderId }) => senderId))},
        ${textArray(batch.map(({ clientId }) => clientId))},
        ${textArray(batch.map(({ content }) => content))},
        ${plainArray(batch.map(({ kind }) => kind))},
        ${textArray(batch.map(({ metadata }) => (metadata === null ? null : JSON.stringify(metadata))))}
      )`.execute(db)
      const stood = rows[0]
      if (stood === undefined || stood.last_seqs === null) return undefined
      const seqs = numbersOf(stood.last_seqs)
      const revs = numbersOf(stood.last_revs)
      const created_at = new Date(stood.committed_at)
      return places.map(({ id, chat, place }, index) => {
        const [seq, rev] = [seqs[chat - 1], revs[chat - 1]]
        const item = index + 1
        if (seq === undefined || rev === undefined) return { item, outcome: 'left_out' }
        return {
          item,
          outcome: 'committed',
          id,
          seq: seq + place,
          rev: rev + place,
          created_at,
          attachments: null,
        }
      })
    },

    /**
     * Commits those that may be, and says of each of the others why not, in the order given: one round trip, one
     * transaction; see db/migrations/0004_commit_attachments.sql.
     */
    async judge(batch: readonly NewMessage[]): Promise<JudgedRow[]> {
      const named = batch.flatMap(({ attachments }, index) =>
        attachments.map((id) => ({ item: index + 1, id })),
      )
      const { rows } = await sql<JudgedRow>`select * from commit_messages(
        ${batch.map((message) => message.chatId)},
        ${batch.map((message) => message.senderId)},
        ${batch.map((message) => message.id)},
        ${batch.map((message) => message.clientId)},
        ${batch.map((message) => message.content)},
        ${batch.map((message) => message.kind)},
        ${batch.map((message) => (message.metadata === null ? null : JSON.stringify(message.metadata)))},
        ${batch.map((message) => message.anywhere)},
        ${named.map(({ item }) => item)},
        ${named.map(({ id }) => id)}
      )`.execute(db)
      return rows.sort((one, other) => one.item - other.item)
    },
  }
}

/** Undefined for a chat that was left out. */
function numbersOf(text: string): (number | undefined)[] {
  return text.split(',').map((digits) => (digits === '' ? undefined : Number(digits)))
}

/** A message by the place of its chat, and its own among those of that chat; from 1. */
interface Place {
  readonly id: string
  readonly chat: number
  readonly place: number
}

interface Chat {
  readonly chat: number
  readonly id: string
  count: number
  readonly senders: Map<string, Sender>
}

interface Sender {
  readonly chat: number
  readonly id: string
  /** The place of its last message. */
  readonly last: number
  readonly isAnywhere: boolean
}

function group(batch: readonly NewMessage[]) {
  const chats = new Map<string, Chat>()
  const places = batch.map(({ id, chatId, senderId, anywhere }): Place => {
    const chat = chats.get(chatId) ?? { chat: chats.size + 1, id: chatId, count: 0, senders: new Map() }
    chats.set(chatId, chat)
    chat.count += 1
    const sender = chat.senders.get(senderId)
    chat.senders.set(senderId, {
      ...{ chat: chat.chat, id: senderId, last: chat.count },
      isAnywhere: anywhere && (sender?.isAnywhere ?? true),
    })
    return { id, chat: chat.chat, place: chat.count }
  })
  const grouped = [...chats.values()]
  return { chats: grouped, senders: grouped.flatMap(({ senders }) => [...senders.values()]), places }
}
