import type { Chat } from 'parley'
import { useState } from 'react'
import type { Person } from '../people.js'
import type { Language } from '../settings.js'
import { WORDS } from '../words.js'
import { type Order, type OrderStatus, pictureUrl, STATUSES } from './orders.js'

/** Whose turn it is, and what comes of it. */
const NEXT: Partial<Record<OrderStatus, { by: Person['role']; to: 'paid' | 'sent' | 'delivered' }>> = {
  ordered: { by: 'customer', to: 'paid' },
  paid: { by: 'seller', to: 'sent' },
  sent: { by: 'customer', to: 'delivered' },
}

interface OrderCardProps {
  readonly chat: Chat
  readonly order: Order
  readonly status: OrderStatus
  readonly role: Person['role']
  readonly language: Language
  /** Asks the shop's backend. */
  readonly onAdvance: (to: OrderStatus) => Promise<void>
}

/** The order that a chat is about. */
export function OrderCard({ chat, order, status, role, language, onAdvance }: OrderCardProps) {
  const words = WORDS[language]
  const price = new Intl.NumberFormat(language, { style: 'currency', currency: order.currency })
  const name = `${words.order} ${chat.orderId}`
  const next = NEXT[status]
  return (
    <section className="order" data-testid="order" data-status={status} aria-label={name}>
      <img src={pictureUrl(order)} alt="" width="52" height="52" />
      <div className="order-text">
        <p className="order-name">{name}</p>
        <p className="order-facts">
          <bdi>{price.format(order.price / 100)}</bdi> · <bdi>{order.item}</bdi>
        </p>
      </div>
      {next?.by === role && (
        <Advance label={words.advance[next.to]} failed={words.failed} onClick={() => onAdvance(next.to)} />
      )}
      <Progress status={status} names={words.statuses} />
    </section>
  )
}

function Advance({
  label,
  failed,
  onClick,
}: {
  label: string
  failed: string
  onClick: () => Promise<void>
}) {
  const [state, setState] = useState<'ready' | 'busy' | 'failed'>('ready')
  return (
    <button
      type="button"
      className="button order-advance"
      disabled={state === 'busy'}
      title={state === 'failed' ? failed : undefined}
      onClick={() => {
        setState('busy')
        onClick().then(
          () => setState('ready'),
          () => setState('failed'),
        )
      }}
    >
      {label}
    </button>
  )
}

function Progress({ status, names }: { status: OrderStatus; names: Readonly<Record<OrderStatus, string>> }) {
  const reached = STATUSES.indexOf(status)
  return (
    <ol className="progress">
      {STATUSES.map((step, index) => (
        <li key={step} data-reached={index <= reached} aria-current={index === reached ? 'step' : undefined}>
          {names[step]}
        </li>
      ))}
    </ol>
  )
}
