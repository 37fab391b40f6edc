// The page of embedded mode: signs two people in, makes sure that their order's chat exists, and shows a phone
// for each of them.

import { createApi, createTokenSource, fetchWsPort, type Identity, NotEmbeddedError } from './api.js'
import { button, el } from './dom.js'
import { refuseStrayDrops } from './file-drop.js'
import { createPane } from './pane.js'

const ANN = { sub: 'ann', fullName: 'Ann Lee' } as const satisfies Identity
const BOB = { sub: 'bob', fullName: 'Bob Ray' } as const satisfies Identity
// The marketplace's own backend: the only one that may open an order's chat and say who is what in it.
const SHOP = { sub: 'shop', fullName: 'Shop backend', scope: 'chat:service' } as const satisfies Identity

const ORDER = {
  id: 'order-1001',
  number: '1001',
  item: 'Stoneware teapot',
} as const

const partOf = (id: string): HTMLElement => {
  const part = document.getElementById(id)
  if (!part) throw new Error(`index.html has no #${id}`)
  return part
}

const stage = partOf('stage')
const problem = partOf('problem')

const showProblem = (text: string, canRetry: boolean) => {
  stage.hidden = true
  problem.hidden = false
  problem.replaceChildren(text)
  if (canRetry)
    problem.append(
      ' ',
      button('Try again', () => location.reload(), { class: 'link' }),
    )
}

const orderCard = (): HTMLElement =>
  el('aside', { class: 'order', testid: 'order', attributes: { 'aria-label': 'The order' } }, [
    el('div', {}, [
      el('p', { class: 'order-number', text: `Order ${ORDER.number}` }),
      el('p', { class: 'order-item', text: ORDER.item }),
    ]),
    el('dl', {}, [
      el('div', {}, [el('dt', { text: 'Customer' }), el('dd', { text: ANN.fullName })]),
      el('div', {}, [el('dt', { text: 'Seller' }), el('dd', { text: BOB.fullName })]),
    ]),
    el('p', {
      class: 'order-note',
      text: 'One chat per order. The shop’s backend opened it; each phone has its own token and socket.',
    }),
  ])

const start = async () => {
  const shop = createTokenSource(SHOP)
  const ann = createTokenSource(ANN)
  const bob = createTokenSource(BOB)
  // Tokens first: where there are none, nothing else is worth asking.
  await Promise.all([shop.current(), ann.current(), bob.current()])
  const [wsPort] = await Promise.all([
    fetchWsPort(),
    createApi(shop).createChat({
      type: 'order',
      orderId: ORDER.id,
      subject: `Order ${ORDER.number}: ${ORDER.item}`,
      members: [
        { userId: ANN.sub, role: 'customer', fullName: ANN.fullName },
        { userId: BOB.sub, role: 'seller', fullName: BOB.fullName },
      ],
    }),
  ])
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  const wsUrl = `${scheme}//${location.hostname}:${wsPort}/ws`
  const annPane = createPane({
    userId: ANN.sub,
    fullName: ANN.fullName,
    role: 'customer',
    tokens: ann,
    wsUrl,
    inquiryTo: { userId: BOB.sub, fullName: BOB.fullName },
  })
  const bobPane = createPane({
    userId: BOB.sub,
    fullName: BOB.fullName,
    role: 'seller',
    tokens: bob,
    wsUrl,
  })
  stage.replaceChildren(annPane.root, orderCard(), bobPane.root)
}

refuseStrayDrops()
start().catch((error: unknown) => {
  if (error instanceof NotEmbeddedError) {
    showProblem(
      'Nobody can be signed in here: a server gives tokens to this page only in embedded mode, with its own secret, and on a loopback address.',
      false,
    )
    return
  }
  console.error(error)
  showProblem('The server could not be reached, or did not answer as expected.', true)
})
