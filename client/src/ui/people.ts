import type { Member } from '../protocol.js'

const HUES = 8

/** What a chat is called: by its subject, or else by who is in it. */
export function titleOf(
  chat: { subject: string | null },
  others: readonly Member[],
  fallback: string,
): string {
  return chat.subject || others.map(({ fullName }) => fullName).join(', ') || fallback
}

/** The first letters of the first and the last word. */
export function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter((word) => word !== '')
  const [first, last] = [words[0], words.length > 1 ? words.at(-1) : undefined]
  return [first, last]
    .map((word) => Array.from(word ?? '')[0] ?? '')
    .join('')
    .toUpperCase()
}

/** One of the colours of avatars, always the same for the same id. */
export function hueOf(id: string): number {
  let sum = 0
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521
  return sum % HUES
}
