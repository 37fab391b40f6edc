import { createMeter } from './live/meter.js'
import { createOutages } from './live/outages.js'
import { createTalk } from './live/talk.js'
import { createWatch } from './live/watch.js'
import { ANN, BOB } from './people.js'
import { createSide, type Sides } from './phones/side.js'
import { openShop } from './shop/shop.js'
import { fetchWsUrl } from './sign-in.js'

export type Demo = Awaited<ReturnType<typeof openDemo>>

/** The marketplace with its orders, the two phones, and what measures them. */
export async function openDemo() {
  const shop = await openShop()
  const wsUrl = await fetchWsUrl()
  // One conversation and one inbox: both can be seen before anything is touched.
  const ann = createSide(ANN, wsUrl, shop.chatIds.at(-1))
  const bob = createSide(BOB, wsUrl)
  const sides: Sides = [ann, bob]
  const watch = createWatch(sides)
  return {
    shop,
    ann,
    bob,
    watch,
    meter: createMeter(sides, watch),
    outages: createOutages(sides, watch),
    talk: createTalk(sides, watch),
  }
}
