// People in words.

import { lastSeenLabel } from './time.js'
import type { Member } from './types.js'

export const initialsOf = (name: string): string =>
  name
    .split(' ')
    .map((part) => part.charAt(0))
    .join('')
    .slice(0, 2)

export const typingLabel = (names: string[]): string => {
  if (names.length === 0) return ''
  return names.length === 1 ? `${names[0]} is typing…` : `${names.join(', ')} are typing…`
}

export const presenceLabel = (others: Member[], known: boolean): string => {
  const [first, ...rest] = others
  if (!first) return 'Nobody else here'
  if (!known) return others.map((member) => member.fullName).join(', ')
  if (rest.length > 0) {
    return `${others.filter((member) => member.online).length} of ${others.length} online`
  }
  if (first.online) return `${first.fullName} · online`
  return `${first.fullName} · ${first.lastSeen === null ? 'offline' : lastSeenLabel(first.lastSeen)}`
}
