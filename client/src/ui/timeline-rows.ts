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
  const days = messages.map(({ createdAt }) => dayNumber(new Date(createdAt)))
  const areTogether = (first: number) => {
    const [earlier, later] = [messages[first], messages[first + 1]]
    return days[first] === days[first + 1] && earlier && later ? isOneGroup(earlier, later) : false
  }
  return messages.flatMap((message, at): TimelineRow[] => {
    const startsGroup = !areTogether(at - 1)
    const endsGroup = !areTogether(at)
    const row: TimelineRow = { kind: 'message', key: message.key, message, startsGroup, endsGroup }
    if (days[at] === days[at - 1]) return [row]
    return [{ kind: 'day', key: `day ${message.key}`, at: message.createdAt }, row]
  })
}

function isOneGroup(earlier: ChatMessage, later: ChatMessage): boolean {
  if (earlier.kind === 'system' || later.kind === 'system') return false
  return (
    earlier.sender.id === later.sender.id &&
    Date.parse(later.createdAt) - Date.parse(earlier.createdAt) < GROUP_MS
  )
}
