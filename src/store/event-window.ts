import { sql } from 'kysely'
import type { ChatRow } from './chats.js'

/** The events of a chat after `afterRev` and up to `rev`, and where the chat stood when it was looked at. */
export interface EventWindow {
  readonly chat: Pick<ChatRow, 'id' | 'last_seq' | 'last_rev'>
  readonly afterRev: number
  readonly rev: number
}

/** A row of one of several windows, by its place from 1. */
export type InWindow<Row> = Row & { readonly item: number }

/** Windows as a table `w` of a statement. */
export function windowTable(windows: readonly EventWindow[]) {
  return sql`unnest(
    ${windows.map(({ chat }) => chat.id)}::text[],
    ${windows.map(({ afterRev }) => afterRev)}::bigint[],
    ${windows.map(({ rev }) => rev)}::bigint[],
    ${windows.map(({ chat }) => chat.last_seq)}::bigint[],
    ${windows.map(({ chat }) => chat.last_rev)}::bigint[]
  ) with ordinality as w(chat_id, after_rev, rev, last_seq, last_rev, item)`
}
