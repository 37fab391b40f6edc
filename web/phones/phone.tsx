import type { ChatMessage } from 'parley'
import { ParleyProvider, useChat } from 'parley/react'
import { arabic, Conversation, english, german, Inbox, ParleyUI } from 'parley/ui'
import { useRef, useState } from 'react'
import { useObservable } from '../cell.js'
import type { Demo } from '../demo.js'
import { language, theme } from '../settings.js'
import { OrderCard } from '../shop/order-card.js'
import { later, type OrderStatus, readOrder, statusOf } from '../shop/orders.js'
import { Inquiry } from './inquiry.js'
import type { Side } from './side.js'

const LABELS = { en: english, de: german, ar: arabic }

/** The marketplace's app on one phone: the kit's inbox and conversation, and what is the shop's own around them. */
export function Phone({ side, demo }: { side: Side; demo: Demo }) {
  const { parley, openChat, person } = side
  const chatId = useObservable(openChat)
  const locale = useObservable(language)
  const view = useRef<HTMLDivElement>(null)
  return (
    <div className="phone" lang={locale}>
      <ParleyProvider client={parley}>
        <ParleyUI
          labels={LABELS[locale]}
          locale={locale}
          dir={locale === 'ar' ? 'rtl' : 'ltr'}
          theme={useObservable(theme)}
        >
          <div className="phone-screen">
            <div className="phone-view" ref={view} tabIndex={-1}>
              {chatId === undefined ? (
                <Inbox onOpen={(id) => openChat.set(id)} />
              ) : (
                <Conversation
                  chatId={chatId}
                  onBack={() => openChat.set(undefined)}
                  card={<CardOf key={chatId} chatId={chatId} side={side} shop={demo.shop} />}
                />
              )}
            </div>
            {chatId === undefined && person.role === 'customer' && (
              <Inquiry side={side} language={locale} onOpened={() => view.current?.focus()} />
            )}
          </div>
        </ParleyUI>
      </ParleyProvider>
    </div>
  )
}

/** The chat's order as this phone knows it: what it has not received yet has not happened yet. */
function CardOf({ chatId, side, shop }: { chatId: string; side: Side; shop: Demo['shop'] }) {
  const { chat, messages } = useChat(chatId).state
  const locale = useObservable(language)
  // Kept, because the message that told of it may be scrolled out of the list later.
  const [known, setKnown] = useState<OrderStatus>(shop.statuses.get(chatId) ?? 'ordered')
  const status = messages.map(newsOf).reduce(later, known)
  if (status !== known) setKnown(status)
  const order = chat && readOrder(chat.metadata)
  if (!order) return null
  return (
    <OrderCard
      chat={chat}
      order={order}
      status={status}
      role={side.person.role}
      language={locale}
      onAdvance={(to) => shop.advance(chatId, to)}
    />
  )
}

function newsOf({ kind, metadata }: ChatMessage): OrderStatus {
  return (kind === 'system' ? statusOf(metadata) : undefined) ?? 'ordered'
}
