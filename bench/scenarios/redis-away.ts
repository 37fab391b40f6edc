import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { createRandom } from '../chaos/random.js'
import { count } from '../flags.js'
import type { Outcome } from '../report/outcome.js'
import { createClient } from './clients/client.js'
import { costTable, measureCosts } from './figures/costs.js'
import { describePhases, type Phases } from './figures/phases.js'
import type { Sample } from './figures/samples.js'
import { arrive, withProgress } from './load/crowd.js'
import { atFixedTimes } from './load/fixed-times.js'
import { createTally } from './load/tally.js'
import { judge, type Said, wholeTarget } from './load/verdict.js'
import { createChats, createPeople } from './load/world.js'
import { createScenario, type Stage } from './scenario.js'

const flags = z.object({
  chats: count(1, 2_000).default(250),
  /** Messages a second. */
  rate: count(1, 5_000).default(500),
  /** How long all is well, before and after. */
  seconds: count(2, 600).default(20),
  /** How long Redis is away. */
  away: count(1, 600).default(30),
})

const CONTENT = 'Has it been sent? The number on the parcel does not say anything yet. '

/** Redis is killed under load: two nodes, and in each chat two people on different ones. */
export const redisAway = createScenario(flags, run)

async function run({ engines, print }: Stage, options: z.infer<typeof flags>): Promise<Outcome> {
  const { chats: size, rate, seconds, away } = options
  const nodes = [
    await engines.startNode({ name: 'node-a' }),
    await engines.startNode({ name: 'node-b' }),
  ] as const
  const people = createPeople(2 * size)
  const pairs = Array.from({ length: size }, (_, index) => people.slice(2 * index, 2 * index + 2))
  const chats = await createChats(nodes[0].http, pairs)

  const random = createRandom(1)
  const tally = createTally()
  /** When each message was due, until the other one in its chat has it. */
  const underWay = new Map<string, number>()
  const acks: Sample[] = []
  const deliveries: Sample[] = []
  const said: Said[] = []

  const standing = people.map(({ id, token }, index) => {
    const chat = chats[Math.floor(index / 2)] ?? ''
    const node = index % 2 === 0 ? 0 : 1
    const client = createClient({
      ...{ token, chats: [chat], random: random.fork(id) },
      address: () => ({ node, raw: nodes[node].raw }),
      watch: tally.watch({
        received({ clientId, sender }) {
          const dueMs = underWay.get(clientId ?? '')
          if (dueMs === undefined || sender.id === id) return
          underWay.delete(clientId ?? '')
          deliveries.push({ dueMs, tookMs: performance.now() - dueMs })
        },
      }),
    })
    return { client, chats: [chat] }
  })
  print(`${people.length} sessions join ${size} chats on two nodes…`)
  await arrive(standing.map(({ client }) => client))

  /** In each chat in turn, and in it the one and then the other. */
  async function say(index: number, dueMs: number): Promise<void> {
    const place = 2 * (index % size) + (Math.floor(index / size) % 2)
    const [chat = ''] = standing[place]?.chats ?? []
    const clientId = `message-${index}`
    underWay.set(clientId, dueMs)
    const acked = await standing[place]?.client.say(chat, clientId, CONTENT + index)
    if (acked === undefined) return
    acks.push({ dueMs, tookMs: performance.now() - dueMs })
    said.push({ chat, clientId, seq: acked.seq })
  }

  const end = new AbortController()
  const saying: Promise<void>[] = []
  const stopMeasuring = await measureCosts(engines, nodes)
  const phases = await withProgress(
    print,
    () => `${acks.length} of ${saying.length} acked, ${underWay.size} not delivered yet`,
    (async (): Promise<Phases> => {
      const startMs = performance.now()
      const talking = atFixedTimes(rate, end.signal, (index, dueMs) => saying.push(say(index, dueMs)))
      await delay(seconds * 1_000)
      const killedMs = performance.now()
      print('Redis is killed')
      await engines.redis.kill()
      await delay(away * 1_000)
      await engines.redis.start()
      const returnedMs = performance.now()
      print('Redis answers again')
      await delay(seconds * 1_000)
      end.abort()
      await talking
      await Promise.all(saying)
      return { startMs, killedMs, returnedMs, endMs: performance.now() }
    })(),
  )
  const costs = await stopMeasuring()
  print('comparing with history…')
  const verdict = await judge({ http: nodes[0].http, said, standing })
  const described = describePhases(phases, acks, deliveries, { said: saying.length })
  const clients = tally.result()
  return {
    title: 'Redis is killed, and comes back',
    setting: `Two nodes, ${size} chats of two people on different nodes, ${rate} messages a second at fixed times; Redis is killed with -9 for ${away} s. Latency is counted from when a message was due, delivery to the other node's session.`,
    ...described,
    targets: [...described.targets, wholeTarget(verdict, tally)],
    tables: [...described.tables, costTable(costs)],
    figures: { ...described.figures, verdict, clients, costs },
  }
}
