import type { Product } from '../options.js'

/** What a product asks of the service in the busiest minute of a day. */
export interface Load {
  readonly active: number
  readonly messagesPerDay: number
  /** A second, at the peak, as all that follows. */
  readonly messages: number
  readonly begins: number
  /** Sessions that stand. */
  readonly sessions: number
  /** Sessions in chats: each is a room of its node, or shares one. */
  readonly openChats: number
  /** Sessions that a message is delivered to, its sender's among them. */
  readonly deliveries: number
  readonly chats: number
}

const DAY = 86_400

/**
 * Little's law gives the sessions: as many as begin a second, times the seconds that each lasts. The two who talk in a chat are
 * taken to be there both; of its other members as many as of all users, and each of these to have the chat open, which is
 * more than there will be.
 */
export function loadOf(product: Product): Load {
  const active = product.users * product['daily-active']
  const messagesPerDay = active * product['messages-per-user-day']
  const peak = product['peak-factor']
  const begins = (active * product['sessions-per-active'] * peak) / DAY
  const sessions = begins * product['session-minutes'] * 60
  const online = Math.min(1, sessions / product.users)
  return {
    ...{ active, messagesPerDay, begins, sessions },
    messages: (messagesPerDay * peak) / DAY,
    openChats: sessions * product['open-chats'],
    deliveries: 2 + (product.members - 2) * online,
    chats: Math.ceil((product.users * product['chats-per-user']) / product.members),
  }
}

/** On how many of so many nodes the sessions of a chat are, when a proxy spreads them evenly. */
export function reach(nodes: number, sessions: number): number {
  return nodes * (1 - (1 - 1 / nodes) ** sessions)
}
