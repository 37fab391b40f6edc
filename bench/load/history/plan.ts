/** The data of the history question: who is in which chat, and whose message the n-th is. */

/** One message of so many is of the deep chat; the others have these many in each chat, on average. */
const DEEP_SHARE = 10
const CHAT_MESSAGES = 100

/** The one whose many chats are listed, and who is in the deep one as well. */
export const COLLECTOR = 0
export const COLLECTED = 1_000

export interface HistoryPlan {
  readonly messages: number
  /** Chats of two, besides the deep one, which is the last. */
  readonly chats: number
  readonly deepMessages: number
  readonly users: number
}

export interface Place {
  readonly chat: number
  readonly seq: number
}

export function planHistory(messages: number): HistoryPlan {
  const chats = Math.max(COLLECTED, Math.floor(messages / CHAT_MESSAGES))
  return { messages, chats, deepMessages: Math.floor(messages / DEEP_SHARE), users: 2 * chats + 3 }
}

/** The members of a chat, by their numbers; the collector is in so many chats evenly among all of them. */
export function membersOf({ chats }: HistoryPlan, chat: number): readonly [number, number] {
  const every = Math.floor(chats / COLLECTED)
  const isCollected = chat === chats || (chat % every === 0 && chat / every < COLLECTED)
  return [isCollected ? COLLECTOR : 2 * chat + 1, 2 * chat + 2]
}

/**
 * The n-th message, from 0 on, as time goes by: all chats grow side by side, so that those of one chat do not lie
 * beside each other on the disk.
 */
export function placeOf({ chats }: HistoryPlan, n: number): Place {
  if (n % DEEP_SHARE === DEEP_SHARE - 1) return { chat: chats, seq: (n + 1) / DEEP_SHARE }
  const among = n - Math.floor(n / DEEP_SHARE)
  return { chat: among % chats, seq: Math.floor(among / chats) + 1 }
}

/** The newest message of a chat. */
export function lastSeqOf({ messages, chats, deepMessages }: HistoryPlan, chat: number): number {
  if (chat === chats) return deepMessages
  const among = messages - deepMessages
  return Math.floor(among / chats) + (chat < among % chats ? 1 : 0)
}
