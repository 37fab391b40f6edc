import { isObject } from '../json.js'
import lamp from './pictures/lamp.svg'
import shoes from './pictures/shoes.svg'
import teapot from './pictures/teapot.svg'

export const STATUSES = ['ordered', 'paid', 'sent', 'delivered'] as const
export type OrderStatus = (typeof STATUSES)[number]

/** What the marketplace keeps with an order's chat, in the chat's `metadata`. */
export interface Order {
  readonly item: string
  readonly picture: string
  /** In hundredths of the currency. */
  readonly price: number
  readonly currency: string
  readonly status: OrderStatus
}

const PICTURES: Record<string, string> = { lamp, shoes, teapot }

export function pictureUrl({ picture }: Order): string | undefined {
  return PICTURES[picture]
}

/** Undefined for the chat of another marketplace, or of none. */
export function readOrder(metadata: Record<string, unknown>): Order | undefined {
  const { item, picture, price, currency } = metadata
  const status = statusOf(metadata)
  if (typeof item !== 'string' || typeof picture !== 'string') return undefined
  if (typeof price !== 'number' || typeof currency !== 'string' || status === undefined) return undefined
  return { item, picture, price, currency, status }
}

/** The status in a chat's metadata, and in that of a system message which says that it has changed. */
export function statusOf(metadata: unknown): OrderStatus | undefined {
  return isObject(metadata) ? STATUSES.find((status) => status === metadata.status) : undefined
}

/** An order goes forward only. */
export function later(one: OrderStatus, other: OrderStatus): OrderStatus {
  return STATUSES.indexOf(one) > STATUSES.indexOf(other) ? one : other
}
