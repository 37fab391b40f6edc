import { z } from 'zod'
import { createRandom } from '../chaos/random.js'
import { becomes } from '../engines/until.js'
import { count } from '../flags.js'
import type { Outcome } from '../report/outcome.js'
import { createClient } from './clients/client.js'
import { costTable, measureCosts } from './figures/costs.js'
import { mostInASecond, perSecond, span } from './figures/moments.js'
import { arrive, withProgress } from './load/crowd.js'
import { atFixedTimes } from './load/fixed-times.js'
import { createTally } from './load/tally.js'
import { judge, type Said, wholeTarget } from './load/verdict.js'
import { createChats, createPeople } from './load/world.js'
import { createScenario, type Stage } from './scenario.js'

const flags = z.object({
  sessions: count(2, 8_000).default(5_000),
  /** PARLEY_DRAIN_SECONDS of the node that is told to end. */
  drain: count(4, 600).default(25),
})

const MOST_TO_STEADY = 2
/** Messages a second, while the node drains: of the first people, by whichever connection they have. */
const RATE = 100
const TALKERS = 400
const PATIENCE_MS = 60_000

/** A node with all sessions is told to end, and they move to another. */
export const deploy = createScenario(flags, run)

async function run({ engines, print }: Stage, options: z.infer<typeof flags>): Promise<Outcome> {
  const { sessions, drain } = options
  const a = await engines.startNode({ name: 'node-a', env: { PARLEY_DRAIN_SECONDS: String(drain) } })
  const b = await engines.startNode({ name: 'node-b' })
  const people = createPeople(sessions)
  const pairs = Array.from({ length: Math.ceil(sessions / 2) }, (_, index) =>
    people.slice(2 * index, 2 * index + 2),
  )
  print(`${pairs.length} chats are made…`)
  const chats = await createChats(a.http, pairs)

  const random = createRandom(1)
  const tally = createTally()
  const connects: number[] = []
  const moved = new Set<string>()
  let address = { node: 0, raw: a.raw }
  const standing = people.map(({ id, token }, index) => {
    const chat = chats[Math.floor(index / 2)] ?? ''
    const client = createClient({
      ...{ token, chats: [chat], random: random.fork(id), address: () => address },
      watch: tally.watch({
        connected: (node) => void (node === 1 && connects.push(performance.now())),
        standing: () => void (address.node === 1 && moved.add(id)),
      }),
    })
    return { client, chats: [chat] }
  })
  print(`${sessions} sessions join a chat each on the first node…`)
  await arrive(standing.map(({ client }) => client))

  const said: Said[] = []
  let ackedByDrained = 0
  async function say(index: number): Promise<void> {
    const one = standing[index % Math.min(TALKERS, sessions)]
    const [chat = ''] = one?.chats ?? []
    const clientId = `message-${index}`
    const acked = await one?.client.say(chat, clientId, 'Where are we now?')
    if (acked === undefined) return
    said.push({ chat, clientId, seq: acked.seq })
    if (acked.node === 0) ackedByDrained += 1
  }

  const end = new AbortController()
  const saying: Promise<void>[] = []
  const stopMeasuring = await measureCosts(engines, [b])
  print('the first node is told to end')
  const toldMs = performance.now()
  address = { node: 1, raw: b.raw }
  a.signal('SIGTERM')
  const talking = atFixedTimes(RATE, end.signal, (index) => saying.push(say(index)))
  const [exitCode, endedMs] = await withProgress(
    print,
    () => `${connects.length} new connections, ${ackedByDrained} acked by the one that ends`,
    (async () => {
      const code = await a.ended
      const endedMs = performance.now()
      await becomes(() => moved.size === sessions, PATIENCE_MS)
      return [code, endedMs] as const
    })(),
  )
  end.abort()
  await talking
  await Promise.all(saying)
  const costs = await stopMeasuring()
  print('comparing with history…')
  const verdict = await judge({ http: b.http, said, standing })

  const usedSeconds = span(connects) / 1000
  const steady = connects.length / usedSeconds
  const most = mostInASecond(connects)
  const connected = perSecond(connects, toldMs)
  const tookSeconds = (endedMs - toldMs) / 1000
  const clients = tally.result()
  return {
    title: 'A node with all sessions is told to end',
    setting: `${sessions} sessions of as many users, each in one of ${chats.length} chats, on a node that is sent SIGTERM, with a drain window of ${drain} s. Each connects to the other node when its goaway says so. ${RATE} messages a second are said meanwhile.`,
    targets: [
      {
        text: `In no second more new connections than ${MOST_TO_STEADY} times the steady rate`,
        measured: `${most} at most, ${(most / steady).toFixed(2)} times ${Math.round(steady)} a second over ${usedSeconds.toFixed(1)} s`,
        isMet: most <= MOST_TO_STEADY * steady,
      },
      {
        text: 'All sessions have moved, and the node has ended with 0 within its window',
        measured: `${moved.size} of ${sessions}, exit code ${exitCode} after ${tookSeconds.toFixed(1)} s`,
        isMet: moved.size === sessions && exitCode === 0 && tookSeconds <= drain,
      },
      wholeTarget(verdict, tally),
    ],
    tables: [
      {
        head: ['second', 'new connections'],
        rows: connected.map((connects, second) => [second + 1, connects]),
      },
      {
        head: ['messages', 'count'],
        rows: [
          ['acked by the node that ends', ackedByDrained],
          ['acked by the other', said.length - ackedByDrained],
        ],
      },
      {
        head: ['connections that the service closed, by code', 'count'],
        rows: Object.entries(clients.closed),
      },
      costTable(costs),
    ],
    plots: [
      {
        kind: 'lines',
        title: 'in each second since SIGTERM',
        x: { unit: 's', scale: 'linear' },
        y: { unit: 'count', scale: 'linear' },
        lines: [
          { name: 'new connections on the other node', points: connected.map((count, at) => [at, count]) },
        ],
        bands: [{ name: 'the node drains', from: 0, to: tookSeconds }],
      },
    ],
    figures: {
      ...{ exitCode, tookSeconds, usedSeconds, steady, most, connected, ackedByDrained },
      ...{ acked: said.length, verdict, clients, costs },
    },
  }
}
