import type { ChatMessage } from '../types.js'
import { dayNumber } from './formats.js'

/** Said by the same person within this time, messages stand together as one group. */
const GROUP_MS = 5 * 60_000

export type TimelineRow =
  | { readonly kind: 'day'; readonly key: string; readonly at: string }
  | {
      readonly kind: 'message'
      readonly key: string
      readonly message: ChatMessage
      readonly startsGroup: boolean
      readonly endsGroup: boolean
    }

/** The messages, the days on which they were said, and which of them belong together. */
export function rowsOf(messages: readonly ChatMessage[]): TimelineRow[] {
  return messages.flatMap((message, at): TimelineRow[] => {
    const isNewDay = dayOf(message) !== dayOf(messages[at - 1])
    const startsGroup = isNewDay || !areTogether(messages[at - 1], message)
    const endsGroup = !areTogether(message, messages[at + 1])
    const row: TimelineRow = { kind: 'message', key: message.key, message, startsGroup, endsGroup }
    if (!isNewDay) return [row]
    return [{ kind: 'day', key: `day ${message.key}`, at: message.createdAt }, row]
  })
}

function dayOf(message: ChatMessage | undefined): number | undefined {
  return message && dayNumber(new Date(message.createdAt))
}

function areTogether(earlier: ChatMessage | undefined, later: ChatMessage | undefined): boolean {
  if (!earlier || !later || earlier.kind === 'system' || later.kind === 'system') return false
  return (
    earlier.sender.id === later.sender.id &&
    dayOf(earlier) === dayOf(later) &&
    Date.parse(later.createdAt) - Date.parse(earlier.createdAt) < GROUP_MS
  )
}
