import { setTimeout as delay } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { ChatRow } from './chats.js'
import type { ClusterStore } from './cluster.js'
import type { MessageRow, MessageStore } from './messages.js'
import type { Schema } from './schema.js'
import type { UserStore } from './users.js'

/** A page that takes longer on the replica is read from the database… */
const PATIENCE_MS = 500
/** …and the replica is left alone for so long. */
const REST_MS = 5000

/** Where a replica stood when a page was read there. */
interface Stand {
  readonly chat_rev: number
  readonly epoch: string
}
type Found = Stand & (MessageRow | { readonly seq: null })

interface HistoryStoreOptions {
  readonly cluster: ClusterStore
  readonly users: UserStore
  readonly messages: MessageStore
  readonly replica: Kysely<Schema> | undefined
}

/**
 * Pages of history, from a replica where there is one that is as new as whoever asks: the page and the chat's `last_rev`
 * there are read in one statement. A replica that is behind, slow, away, or has numbers of another epoch, costs time and
 * nothing else.
 */
export function createHistoryStore({ cluster, users, messages, replica }: HistoryStoreOptions) {
  let restsUntil = Number.NEGATIVE_INFINITY

  /** Undefined when the replica is not to be trusted with it. @throws when it cannot be asked */
  async function rangeOf(
    db: Kysely<Schema>,
    chat: Pick<ChatRow, 'id' | 'last_rev'>,
    first: number,
    last: number,
  ): Promise<MessageRow[] | undefined> {
    const { rows } = await sql<Found>`
      select c.last_rev as chat_rev, k.epoch, m.*
      from (select last_rev from chats where id = ${chat.id} limit 1) c
      cross join cluster k
      left join lateral (
        select * from messages
        where chat_id = ${chat.id} and seq >= ${first} and seq <= ${last}
        order by seq desc
        limit ${last - first + 1}
      ) m on true
      order by m.seq desc`.execute(db)
    const [stand] = rows
    if (stand === undefined || stand.chat_rev < chat.last_rev || stand.epoch !== cluster.latestEpoch)
      return undefined
    return await withNames(rows.filter((row) => row.seq !== null))
  }

  /** A new name is no event of the chat: by `last_rev` nobody can tell whether the replica knows it. */
  async function withNames(rows: readonly MessageRow[]): Promise<MessageRow[]> {
    const senders = [...new Set(rows.map((row) => row.sender_id))]
    const named = senders.length === 0 ? [] : await users.names(senders)
    const names = new Map(named.map(({ id, fullName }) => [id, fullName]))
    return rows.map((row) => ({ ...row, full_name: names.get(row.sender_id) ?? null }))
  }

  /** Undefined when it fails, or takes too long. */
  async function soon(work: Promise<MessageRow[] | undefined>): Promise<MessageRow[] | undefined> {
    const done = new AbortController()
    const tooLong = delay(PATIENCE_MS, 'late' as const, { signal: done.signal })
    try {
      const found = await Promise.race([work, tooLong])
      if (found !== 'late') return found
      restsUntil = performance.now() + REST_MS
    } catch {
      // Whoever has the connection has told of it.
    } finally {
      done.abort()
      tooLong.catch(() => {})
      work.catch(() => {})
    }
    return undefined
  }

  return {
    /**
     * The messages from `first` to `last`, both included, newest first; with all that had happened to them when the
     * chat stood at its `last_rev`.
     */
    async range(chat: Pick<ChatRow, 'id' | 'last_rev'>, first: number, last: number): Promise<MessageRow[]> {
      if (last < first) return []
      const found =
        replica === undefined || performance.now() < restsUntil
          ? undefined
          : await soon(rangeOf(replica, chat, first, last))
      return found ?? (await messages.range(chat.id, first, last))
    },
  }
}
