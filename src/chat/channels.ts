/** The names of the bus: one channel per chat, one per user, and three that every node listens to. */

const CHAT = 'parley:chat:'
const USER = 'parley:user:'

/** Users who have come online or gone offline (presence.ts). */
export const PRESENCE_CHANNEL = 'parley:presence'
/** Users who were renamed (users.ts). */
export const NAMES_CHANNEL = 'parley:names'
/** Sessions that are to end (sessions/endings.ts). */
export const ENDINGS_CHANNEL = 'parley:endings'

export function chatChannel(chatId: string): string {
  return CHAT + chatId
}

export function userChannel(userId: string): string {
  return USER + userId
}

export type Address =
  | { readonly kind: 'chat'; readonly chatId: string }
  | { readonly kind: 'user'; readonly userId: string }
  | { readonly kind: 'presence' | 'names' | 'endings' | 'unknown' }

export function parseChannel(channel: string): Address {
  if (channel.startsWith(CHAT)) return { kind: 'chat', chatId: channel.slice(CHAT.length) }
  if (channel.startsWith(USER)) return { kind: 'user', userId: channel.slice(USER.length) }
  if (channel === PRESENCE_CHANNEL) return { kind: 'presence' }
  if (channel === NAMES_CHANNEL) return { kind: 'names' }
  if (channel === ENDINGS_CHANNEL) return { kind: 'endings' }
  return { kind: 'unknown' }
}
