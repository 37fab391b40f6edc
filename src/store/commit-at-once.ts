import { type Kysely, sql } from 'kysely'
import { PREPARED } from '../ports/database.js'
import type { CommitRow, NewMessage } from './messages.js'
import type { Schema } from './schema.js'
import { plainArray, textArray } from './text-array.js'

/** Numbers of each chat, separated by commas; null when some message cannot be committed as it is. */
interface Stood {
  readonly last_seqs: string | null
  readonly last_revs: string
  readonly committed_at: number
}

/**
 * Commits all of the messages, one round trip and one transaction, but for those of chats that are locked, unless it
 * `waits`; undefined, and none of them is committed, when one of them must not be, or is a repeat. They name no attachments. See db/migrations/0006_commit_at_once.sql.
 */
export async function commitAtOnce(
  db: Kysely<Schema>,
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
