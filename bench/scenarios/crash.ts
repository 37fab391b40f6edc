import { z } from 'zod'
import { callRest } from '../chaos/clients/rest.js'
import { untilSettled } from '../chaos/clients/retry.js'
import { sent } from '../chaos/clients/wire.js'
import { createRandom } from '../chaos/random.js'
import { createStatementCounter } from '../engines/statements.js'
import { becomes } from '../engines/until.js'
import { count } from '../flags.js'
import type { Outcome } from '../report/outcome.js'
import { createClient } from './clients/client.js'
import { costTable, measureCosts } from './figures/costs.js'
import { perSecond } from './figures/moments.js'
import { summarise } from './figures/summary.js'
import { arrive, withProgress } from './load/crowd.js'
import { inParallel } from './load/in-parallel.js'
import { createTally } from './load/tally.js'
import { judge, type Said, wholeTarget } from './load/verdict.js'
import { createChats, createPeople } from './load/world.js'
import { createScenario, type Stage } from './scenario.js'

const flags = z.object({ sessions: count(6, 8_000).default(5_000) })

const CHATS_EACH = 3
/** One chat of so many is said something in while its sessions are away. */
const MISSED_EVERY = 5
const AT_ONCE = 10
const REQUEST_MS = 10_000
const PATIENCE_MS = 90_000
const RESUMED_MS = 30_000
/** Those who come at the same time are to be served together: one each would be no bound at all. */
const STATEMENTS_EACH = 1
const STATEMENTS_SHOWN = 12

/** A node with all sessions is killed, and they resume on another. */
export const crash = createScenario(flags, run)

async function run({ engines, print }: Stage, { sessions }: z.infer<typeof flags>): Promise<Outcome> {
  const a = await engines.startNode({ name: 'node-a' })
  const people = createPeople(sessions)
  const size = Math.ceil(sessions / 2)
  /** Each is in three chats beside each other, so that each chat has six. */
  const placesOf = (index: number) =>
    Array.from({ length: Math.min(CHATS_EACH, size) }, (_, more) => (index + more) % size)
  const members: (typeof people)[] = Array.from({ length: size }, () => [])
  for (const [index, person] of people.entries())
    for (const place of placesOf(index)) members[place]?.push(person)
  print(`${size} chats are made…`)
  const chats = await createChats(a.http, members)

  const random = createRandom(1)
  const tally = createTally()
  const connects: number[] = []
  const resumedAt = new Map<string, number>()
  let address = { node: 0, raw: a.raw }
  const standing = people.map(({ id, token }, index) => {
    const own = placesOf(index).map((place) => chats[place] ?? '')
    const client = createClient({
      ...{ token, chats: own, random: random.fork(id), address: () => address },
      watch: tally.watch({
        connected: (node) => void (node === 1 && connects.push(performance.now())),
        standing: () => void (address.node === 1 && resumedAt.set(id, performance.now())),
      }),
    })
    return { client, chats: own }
  })
  print(`${sessions} sessions join ${CHATS_EACH} chats each on the first node…`)
  await arrive(standing.map(({ client }) => client))

  // Started now, the second node has heard of nobody: every name is one that it has to learn.
  const counter = await createStatementCounter(engines.postgres.port)
  const b = await engines.startNode({ name: 'node-b', postgresPort: counter.port })
  await counter.take()
  const stopMeasuring = await measureCosts(engines, [b])
  const said: Said[] = []

  async function say(place: number): Promise<void> {
    const chat = chats[place] ?? ''
    const clientId = `missed-${place}`
    const answer = await untilSettled(random, AbortSignal.timeout(PATIENCE_MS), () =>
      callRest({
        ...{ url: b.http, token: members[place]?.[0]?.token ?? '', method: 'POST' },
        ...{ path: `/chats/${chat}/messages`, body: { content: 'Are you there?' } },
        ...{ idempotencyKey: clientId, timeoutMs: REQUEST_MS },
      }),
    )
    if (answer.ok) said.push({ chat, clientId, seq: sent.parse(answer.data).seq })
  }

  print('the first node is killed')
  const killedMs = performance.now()
  address = { node: 1, raw: b.raw }
  a.signal('SIGKILL')
  await withProgress(
    print,
    () => `${resumedAt.size} of ${sessions} have resumed, ${connects.length} connects, ${said.length} said`,
    Promise.all([
      inParallel(
        [...chats.keys()].filter((place) => place % MISSED_EVERY === 0),
        AT_ONCE,
        say,
      ),
      becomes(() => resumedAt.size === sessions, PATIENCE_MS, 10),
    ]),
  )
  const [costs, statements] = await Promise.all([stopMeasuring(), counter.take()])
  print('comparing with history…')
  const verdict = await judge({ http: b.http, said, standing })
  await counter.end()

  const resumed = summarise([...resumedAt.values()].map((at) => at - killedMs))
  const total = statements.reduce((sum, one) => sum + one.count, 0)
  const each = total / sessions
  const connected = perSecond(connects, killedMs)
  const resumedPerSecond = perSecond([...resumedAt.values()], killedMs)
  const clients = tally.result()
  return {
    title: 'A node with all sessions is killed',
    setting: `${sessions} sessions of as many users, each in ${CHATS_EACH} of ${size} chats, on a node that is killed with -9. Each connects to the other node within 2 s at random, backs off with full jitter, and resumes in one frame. ${said.length} messages are said meanwhile.`,
    targets: [
      {
        text: `All sessions have resumed within ${RESUMED_MS / 1000} s`,
        measured: `${resumed.count} of ${sessions}, the last after ${seconds(resumed.most)}`,
        isMet: resumed.count === sessions && (resumed.most ?? 0) <= RESUMED_MS,
      },
      {
        text: `The other node runs at most ${STATEMENTS_EACH} statement for each session`,
        measured: `${total}, ${each.toFixed(2)} for each`,
        isMet: each <= STATEMENTS_EACH,
      },
      wholeTarget(verdict, tally),
    ],
    tables: [
      {
        head: ['from the kill to resumed', 'sessions', 'p50', 'p99', 'last'],
        rows: [['', resumed.count, seconds(resumed.p50), seconds(resumed.p99), seconds(resumed.most)]],
      },
      {
        head: ['second', 'connections', 'resumed'],
        rows: resumedPerSecond.map((resumed, second) => [second + 1, connected[second] ?? 0, resumed]),
      },
      {
        head: ['statements of the other node, messages said included', 'count'],
        rows: [
          ...statements.slice(0, STATEMENTS_SHOWN).map(({ text, count }) => [text, count]),
          ['all', total],
        ],
      },
      costTable(costs),
    ],
    plots: [
      {
        kind: 'lines',
        title: 'in each second since the kill',
        x: { unit: 's', scale: 'linear' },
        y: { unit: 'count', scale: 'linear' },
        lines: [
          { name: 'new connections', points: connected.map((count, second) => [second, count]) },
          { name: 'sessions resumed', points: resumedPerSecond.map((count, second) => [second, count]) },
        ],
      },
    ],
    figures: { resumed, connected, resumedPerSecond, statements, total, each, verdict, clients, costs },
  }
}

function seconds(ms: number | null): string {
  return ms === null ? 'never' : `${(ms / 1000).toFixed(2)} s`
}
