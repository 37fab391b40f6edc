import { chatName, userName } from '../systems/world.js'
import { type HistoryPlan, lastSeqOf, membersOf, placeOf } from './plan.js'

/** The rows of the history, in the text that COPY reads: a tab between two columns, a line for each row. */

/** A table and the columns that are filled; the others keep their defaults. */
export interface Filling {
  readonly table: string
  readonly columns: readonly string[]
  readonly count: number
  row(n: number): string
}

const WORDS =
  'Yes, the parcel went out this morning; you will have a number to follow it by in the course of the day.'
const FIRST_MS = Date.UTC(2025, 0, 1)
/** A message every so often, whatever their number: a chat's newest one is at its end in any case. */
const EVERY_MS = 1_000

export function fillings(plan: HistoryPlan): Filling[] {
  const chats = plan.chats + 1
  return [
    {
      table: 'users',
      columns: ['id', 'full_name', 'named_at'],
      count: plan.users,
      row: (n) => line(userName(n), `User ${n}`, timeOf(0)),
    },
    {
      table: 'chats',
      columns: [
        ...['id', 'type', 'metadata', 'member_count', 'last_seq', 'last_rev'],
        ...['created_at', 'last_message_at'],
      ],
      count: chats,
      row: (chat) => {
        const last = lastSeqOf(plan, chat)
        const lastAt = last === 0 ? '\\N' : timeOf(plan.messages - chats + chat)
        return line(chatName(chat), 'general', '{}', 2, last, last, timeOf(0), lastAt)
      },
    },
    {
      table: 'chat_members',
      columns: ['chat_id', 'user_id', 'role', 'last_read_seq', 'joined_at'],
      count: 2 * chats,
      row: (n) => {
        const chat = Math.floor(n / 2)
        const [one, other] = membersOf(plan, chat)
        const readUpTo = Math.floor(lastSeqOf(plan, chat) / 2)
        return line(chatName(chat), userName(n % 2 === 0 ? one : other), 'member', readUpTo, timeOf(0))
      },
    },
    {
      table: 'messages',
      columns: [
        ...['chat_id', 'seq', 'rev', 'changed_rev', 'id', 'sender_id', 'kind', 'content', 'client_id'],
        'created_at',
      ],
      count: plan.messages,
      row: (n) => {
        const { chat, seq } = placeOf(plan, n)
        const sender = userName(membersOf(plan, chat)[seq % 2 === 0 ? 0 : 1])
        return line(...[chatName(chat), seq, seq, seq, idOf(n), sender, 'user', WORDS, `c${n}`], timeOf(n))
      },
    },
  ]
}

function line(...values: readonly (string | number)[]): string {
  return `${values.join('\t')}\n`
}

function timeOf(n: number): string {
  return new Date(FIRST_MS + n * EVERY_MS).toISOString()
}

/** Of version 7, as the service's own: in the order of time. */
function idOf(n: number): string {
  const time = (FIRST_MS + n * EVERY_MS).toString(16).padStart(12, '0')
  const rest = n.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${rest}`
}
