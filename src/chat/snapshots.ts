import {
  CATCH_UP_MESSAGES,
  JOIN_MESSAGES,
  MEMBERS_IN_REPLY,
  METADATA_BYTES,
  REPLY_BYTES,
  REPLY_ENVELOPE_BYTES,
} from '../protocol/limits.js'
import type { Chat, Message, User } from '../protocol/objects.js'
import type { JoinData } from '../protocol/server-frames.js'
import type { Store } from '../store/store.js'
import type { Chats } from './chats.js'
import type { Members } from './members.js'
import { toMessage } from './views.js'

/** What a message takes beside its content and metadata, at most; and an escaped unit of content. */
const MESSAGE_ENVELOPE_BYTES = 3072
const ESCAPED_UNIT_BYTES = 6

export interface SnapshotPoint {
  /** The newest event that the client has seen; absent: it has seen none. */
  readonly afterRev: number | undefined
  /** The epoch that `afterRev` was counted in. */
  readonly epoch: string | undefined
}

/** What a session that joins has missed, read from Postgres. */
export function createSnapshots(options: { store: Store; chats: Chats; members: Members }) {
  const { store, chats, members } = options

  return {
    /**
     * Where a chat stands for one of its members. The chat's row is read first and says up to which event the
     * rest counts; what is changed while the rest is read shows in its newer state, and comes again as an event.
     *
     * @throws ParleyError `not_a_member`
     */
    async read(user: User, chatId: string, point: SnapshotPoint): Promise<JoinData> {
      const { chat, mine } = await chats.getOwn(user, chatId)
      const { afterRev, epoch } = point
      const reset =
        afterRev !== undefined && ((epoch !== undefined && epoch !== store.epoch) || afterRev > chat.rev)
      const [missed, memberList] = await Promise.all([
        afterRev === undefined || reset ? newest(chat) : changedAfter(chat, afterRev),
        members.list(chatId, MEMBERS_IN_REPLY),
      ])
      const bytes = REPLY_BYTES - REPLY_ENVELOPE_BYTES - byteLength([chat, mine, memberList])
      const messages = fitting(missed.slice(0, CATCH_UP_MESSAGES), bytes)
      const left = missed.slice(messages.length).map((message) => message.rev)
      const rev = left.length === 0 ? chat.rev : Math.min(...left) - 1
      return {
        chat,
        mine,
        members: memberList,
        messages,
        rev,
        epoch: store.epoch,
        complete: rev === chat.rev,
        ...(reset ? { reset } : {}),
      }
    },
  }

  async function newest(chat: Chat): Promise<Message[]> {
    const first = Math.max(chat.firstSeq, chat.lastSeq - JOIN_MESSAGES + 1)
    const rows = await store.messages.range(chat.id, first, chat.lastSeq)
    return rows.map(toMessage).reverse()
  }

  /** One more than a reply holds tells that there are more. */
  async function changedAfter(chat: Chat, afterRev: number): Promise<Message[]> {
    const rows = await store.messages.changedBetween(chat.id, afterRev, chat.rev, CATCH_UP_MESSAGES + 1)
    return rows.map(toMessage)
  }
}

export type Snapshots = ReturnType<typeof createSnapshots>

/** As many of the first messages as fit; at least one, or asking again would never end. */
function fitting(messages: readonly Message[], most: number): Message[] {
  const estimate = messages.reduce(
    (sum, { content, metadata }) =>
      sum +
      content.length * ESCAPED_UNIT_BYTES +
      (metadata === undefined ? 0 : METADATA_BYTES) +
      MESSAGE_ENVELOPE_BYTES,
    0,
  )
  if (estimate <= most) return [...messages]
  let bytes = 0
  const end = messages.findIndex((message, index) => {
    bytes += byteLength(message) + 1
    return index > 0 && bytes > most
  })
  return messages.slice(0, end === -1 ? messages.length : end)
}

function byteLength(value: object): number {
  return Buffer.byteLength(JSON.stringify(value))
}
