import type { Person } from '../people.js'
import type { Order, OrderStatus } from './orders.js'

type Line = { readonly by: Person['sub']; readonly content: string } | { readonly status: OrderStatus }

interface DemoOrder {
  readonly number: string
  readonly order: Order
  /** What was said, and what has become of the order, before anybody has opened this page. */
  readonly opening: readonly Line[]
}

/** The orders that the page begins with; the last one has the newest message. */
export const CATALOGUE: readonly DemoOrder[] = [
  {
    number: '1003',
    order: {
      item: 'Running shoes, size 42',
      picture: 'shoes',
      price: 8900,
      currency: 'EUR',
      status: 'ordered',
    },
    opening: [{ by: 'bob', content: 'I have kept a pair in your size for you.' }],
  },
  {
    number: '1002',
    order: { item: 'Desk lamp, brass', picture: 'lamp', price: 6450, currency: 'EUR', status: 'ordered' },
    opening: [
      { status: 'paid' },
      { by: 'bob', content: 'Thank you! Shall I put in a warm or a cold bulb?' },
      { by: 'ann', content: 'A warm one, please.' },
      { status: 'sent' },
    ],
  },
  {
    number: '1001',
    order: { item: 'Stoneware teapot', picture: 'teapot', price: 4800, currency: 'EUR', status: 'ordered' },
    opening: [
      { by: 'ann', content: 'Hello! Is the teapot safe in a dishwasher?' },
      { by: 'bob', content: 'It is, glaze and all.' },
      { status: 'paid' },
      { by: 'ann', content: 'Ordered! It is a present, so please leave the bill out.' },
    ],
  },
]
