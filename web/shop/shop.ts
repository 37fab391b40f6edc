import { isObject } from '../json.js'
import { ANN, BOB, SHOP } from '../people.js'
import { type Backend, createBackend } from './backend.js'
import { CATALOGUE } from './catalogue.js'
import { later, type OrderStatus, statusOf } from './orders.js'

const NEWS: Record<OrderStatus, string> = {
  ordered: 'The order has been placed.',
  paid: 'Payment received.',
  sent: 'The parcel is on its way.',
  delivered: 'The parcel has arrived.',
}

const MEMBERS = [
  { userId: ANN.sub, fullName: ANN.fullName, role: ANN.role },
  { userId: BOB.sub, fullName: BOB.fullName, role: BOB.role },
]

export type Shop = Awaited<ReturnType<typeof openShop>>

/**
 * The backend of the marketplace: opens the chats of its orders, and tells them what becomes of the orders. A real one
 * runs on a server of its own and keeps the token to itself. All of it may be repeated: a reload changes nothing.
 */
export async function openShop() {
  const shop = createBackend(SHOP)
  const people = { ann: createBackend(ANN), bob: createBackend(BOB) }

  async function advance(chatId: string, status: OrderStatus): Promise<void> {
    const news = { content: NEWS[status], metadata: { status } }
    await shop.post(`/chats/${chatId}/system-messages`, news, `status-${status}`)
  }

  async function openOrder({ number, order, opening }: (typeof CATALOGUE)[number]): Promise<string> {
    const chat = await shop.post('/chats', {
      type: 'order',
      orderId: number,
      subject: order.item,
      metadata: order,
      members: MEMBERS,
    })
    const chatId = String(chat.id)
    // One after the other: they are a conversation.
    for (const [index, line] of opening.entries()) {
      if ('status' in line) await advance(chatId, line.status)
      else
        await people[line.by].post(`/chats/${chatId}/messages`, { content: line.content }, `opening-${index}`)
    }
    return chatId
  }

  const chatIds: string[] = []
  for (const demoOrder of CATALOGUE) chatIds.push(await openOrder(demoOrder))
  const known = await Promise.all(
    chatIds.map(async (chatId) => [chatId, await latestStatus(shop, chatId)] as const),
  )

  return {
    /** The newest last. */
    chatIds,
    /** How each order stood when the page was opened. */
    statuses: new Map<string, OrderStatus>(known),
    advance,
  }
}

/** The newest system message with a status says it; there may be many messages of the two above it. */
async function latestStatus(shop: Backend, chatId: string): Promise<OrderStatus> {
  let cursor: unknown
  do {
    const query = typeof cursor === 'string' ? `&cursor=${encodeURIComponent(cursor)}` : ''
    const { data, pagination } = await shop.get(`/chats/${chatId}/messages?limit=100${query}`)
    const statuses = (Array.isArray(data) ? data : []).flatMap(
      (message: unknown) => (isObject(message) ? statusOf(message.metadata) : undefined) ?? [],
    )
    if (statuses.length > 0) return statuses.reduce(later)
    cursor = isObject(pagination) ? pagination.nextCursor : null
  } while (typeof cursor === 'string')
  return 'ordered'
}
