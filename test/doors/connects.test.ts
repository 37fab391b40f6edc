import { io } from 'socket.io-client'
import t, { type Test } from 'tap'
import WebSocket from 'ws'
import { z } from 'zod'
import { call, token, until } from '../helpers/clients.js'
import { startTestNode } from '../helpers/frames.js'

/** Far more than a bucket of one a second holds. */
const MANY = 20

const node = await startTestNode(t, {
  PARLEY_RATE_CONNECTS: '1',
  PARLEY_RATE_CONNECTS_PER_ADDRESS: '1',
  TRUST_PROXY: 'loopback',
})

let places = 0
/** An address that no bucket remembers. */
function newAddress(): string {
  places += 1
  return `198.51.${Math.floor(places / 256)}.${places % 256}`
}

const refusal = z.object({ data: z.looseObject({ code: z.string() }) })

/** How a connection from there fares: `hello`, or what it is refused with. */
interface Door {
  readonly connect: (t: Test, address: string, bearer: string) => Promise<unknown>
  readonly tooFast: object
  readonly badToken: object
}

const doors: Record<string, Door> = {
  raw: {
    connect: async (t, address, bearer) => {
      const headers = { authorization: `Bearer ${bearer}`, 'x-forwarded-for': address }
      const socket = new WebSocket(node.wsUrl, { headers })
      t.teardown(() => socket.terminate())
      return await new Promise((resolve, reject) => {
        socket.once('message', () => resolve('hello'))
        socket.once('close', (code) => resolve({ code }))
        socket.once('error', reject)
      })
    },
    tooFast: { code: 4003 },
    badToken: { code: 4401 },
  },
  'Socket.IO': {
    connect: async (t, address, bearer) => {
      const socket = io(`${node.url}/chat`, {
        auth: { token: bearer },
        extraHeaders: { 'x-forwarded-for': address },
        forceNew: true,
        reconnection: false,
      })
      t.teardown(() => socket.close())
      return await new Promise((resolve) => {
        socket.once('hello', () => resolve('hello'))
        socket.once('connect_error', (error) => resolve(refusal.parse(error).data))
      })
    },
    tooFast: { code: 'rate_limited', temporary: true, retryAfterMs: Number },
    badToken: { code: 'unauthenticated' },
  },
}

for (const [name, { connect, tooFast, badToken }] of Object.entries(doors))
  t.test(name, async (t) => {
    const bearer = token(`ann at ${name}`, 'Ann')

    t.test('a user who connects too fast is refused, from wherever it comes', async (t) => {
      const attempts = Array.from({ length: MANY }, () => connect(t, newAddress(), bearer))
      const refused = (await Promise.all(attempts)).filter((outcome) => outcome !== 'hello')
      t.ok(refused.length > 0 && refused.length <= MANY - 3, `${refused.length} refused`)
      for (const one of refused) t.match(one, tooFast)
      t.equal(await connect(t, newAddress(), token(`bob at ${name}`, 'Bob')), 'hello', 'others are not')
      await until(async () => (await connect(t, newAddress(), bearer)) === 'hello', 'it is let in later')
    })

    t.test('an address is counted before the token is looked at', async (t) => {
      const address = newAddress()
      const attempts = Array.from({ length: MANY }, () => connect(t, address, 'no token'))
      const outcomes = await Promise.all(attempts)
      const isTooFast = (outcome: unknown) => Object(outcome).code === Object(tooFast).code
      const refused = outcomes.filter(isTooFast)
      t.ok(refused.length > 0 && refused.length <= MANY - 3, `${refused.length} refused`)
      for (const one of refused) t.match(one, tooFast)
      for (const one of outcomes) if (!isTooFast(one)) t.match(one, badToken)
      t.match(await call(node, bearer, 'GET', '/chats', undefined, { 'x-forwarded-for': address }), {
        status: 200,
      })
    })

    t.test('nobody else is let in from an address that is over its rate', async (t) => {
      await until(async () => {
        const address = newAddress()
        await Promise.all(Array.from({ length: MANY }, () => connect(t, address, 'no token')))
        const fares = await connect(t, address, token(`cem-${address}`, 'Cem'))
        return Object(fares).code === Object(tooFast).code
      }, 'a good token is refused')
    })
  })
