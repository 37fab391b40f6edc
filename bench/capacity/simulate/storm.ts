import { createRandom, type Random } from '../../chaos/random.js'
import {
  BACKOFF,
  BURST_SECONDS,
  DRAIN_KEPT_SECONDS,
  DRAIN_SECONDS,
  HELLO_MS,
  PING_MS,
  PONG_MS,
} from '../service.js'
import { createHeap } from './heap.js'

/**
 * A reconnect storm, session by session: sessions have lost their node and come back to those that stand.
 *
 * A session is, in turn: away (until its delay is over) -> connecting (its handshake waits for the node's core, at most
 * as long as the client has patience) -> greeted (`hello`; the resume waits for the core and for Postgres) -> back. A
 * `hello` that comes too late is work done for nobody: the client has left, and comes again after a longer delay. So is a
 * resume of a client whose ping was not answered in time.
 *
 * A node is one core with a line in front of it, first come first served; Postgres is one line that goes as fast as its cores
 * together. Times are in milliseconds, costs in milliseconds of a core.
 */
export interface StormOptions {
  readonly sessions: number
  /** Those that stand when it begins, or come back after `downMs`. */
  readonly nodes: number
  readonly how:
    | 'killed' // The kernel tells every client at once.
    | 'vanished' // Nobody tells: each notices by its next ping.
    | 'drained' // Each is told a moment of its own.
    | 'within' // The clients of bench/scenarios: anything within the first two seconds.
  /** No node answers for so long. */
  readonly downMs?: number
  readonly costs: {
    readonly connectMs: number
    readonly resumeMs: number
    readonly postgresMs: number
  }
  /** The share of a core that a node has to itself for this. */
  readonly coreShare: number
  readonly postgresCores: number
  /** New connections that a node takes a second from one address, and how many addresses all come from; absent: no limit. */
  readonly admission?: { readonly perSecond: number; readonly addresses: number }
  readonly seed: number
}

export interface Storm {
  /** Seconds until so many of all were back. */
  readonly backSeconds: { readonly half: number; readonly most: number; readonly all: number }
  /** The longest line in front of a node, in seconds of its core. */
  readonly longestQueueSeconds: number
  readonly attempts: number
  /** Connects refused by the rate of their address, or by nodes that were down. */
  readonly refused: number
  /** Hellos and resumes that came too late. */
  readonly wasted: number
  /** When each was back, in seconds, in order. */
  readonly back: readonly number[]
  /** Sessions that were not back at the end of what is simulated. */
  readonly away: number
}

/** What is not over by then has collapsed. */
const MOST_MS = 600_000
const WITHIN_MS = 2_000
const MOST_SHARE = 0.99

interface Step {
  readonly kind: 'connect' | 'resume'
  readonly session: number
  readonly attempt: number
  readonly node: number
}

export function simulateStorm(options: StormOptions): Storm {
  const { sessions, nodes, costs, coreShare, postgresCores, downMs = 0 } = options
  const random = createRandom(options.seed)
  const steps = createHeap<Step>()
  const freeAt = new Float64Array(nodes)
  const admit = createAdmission(options)
  const back: number[] = []
  let [postgresFreeAt, longest, attempts, refused, wasted] = [0, 0, 0, 0, 0]

  const connectAt = (time: number, session: number, attempt: number) =>
    steps.add(time, { kind: 'connect', session, attempt, node: random.between(0, nodes - 1) })
  const again = (time: number, { session, attempt }: Step) =>
    connectAt(time + backoff(random, attempt), session, attempt + 1)
  /** Gives when the work is done. */
  const work = (node: number, time: number, ms: number) => {
    const start = Math.max(time, freeAt[node] ?? 0)
    longest = Math.max(longest, start - time)
    freeAt[node] = start + ms / coreShare
    return start + ms / coreShare
  }

  for (let session = 0; session < sessions; session++) connectAt(firstTry(options, random), session, 1)
  for (let step = steps.take(); step !== undefined && step.time < MOST_MS; step = steps.take()) {
    const { time, item } = step
    if (item.kind === 'connect') {
      attempts += 1
      if (time < downMs || !admit(item.node, item.session, time)) {
        refused += 1
        again(time, item)
        continue
      }
      const helloAt = work(item.node, time, costs.connectMs)
      if (helloAt - time > HELLO_MS) {
        wasted += 1
        again(time + HELLO_MS, item)
      } else steps.add(helloAt, { ...item, kind: 'resume' })
    } else {
      const doneByNode = work(item.node, time, costs.resumeMs)
      postgresFreeAt = Math.max(postgresFreeAt, time) + costs.postgresMs / postgresCores
      const doneAt = Math.max(doneByNode, postgresFreeAt)
      if (doneAt - time > PING_MS + PONG_MS) {
        wasted += 1
        // It had got as far as `hello`, which ends the row of failures.
        again(time + PING_MS + PONG_MS, { ...item, attempt: 0 })
      } else back.push(doneAt / 1000)
    }
  }
  back.sort((one, other) => one - other)
  return {
    backSeconds: {
      half: timeOf(back, sessions, 0.5),
      most: timeOf(back, sessions, MOST_SHARE),
      all: timeOf(back, sessions, 1),
    },
    longestQueueSeconds: longest / 1000,
    ...{ attempts, refused, wasted, back, away: sessions - back.length },
  }
}

/** Infinity where so many never came back. */
function timeOf(back: readonly number[], sessions: number, share: number): number {
  return back[Math.max(0, Math.ceil(sessions * share) - 1)] ?? Number.POSITIVE_INFINITY
}

function firstTry({ how }: StormOptions, random: Random): number {
  if (how === 'within') return random.next() * WITHIN_MS
  if (how === 'drained') return random.next() * (DRAIN_SECONDS - DRAIN_KEPT_SECONDS) * 1000
  const noticedAt = how === 'killed' ? 0 : random.next() * PING_MS + PONG_MS
  return noticedAt + backoff(random, 0)
}

/** As the client has it (client/src/delays.ts). */
export function backoff(random: Random, attempt: number): number {
  return random.next() * Math.min(BACKOFF.longestMs, BACKOFF.firstMs * 2 ** attempt)
}

/** A token bucket for each node and address, full at first. */
function createAdmission({ admission, nodes }: StormOptions) {
  if (admission === undefined) return () => true
  const { perSecond, addresses } = admission
  const most = perSecond * BURST_SECONDS
  const tokens = new Float64Array(nodes * addresses).fill(most)
  const lookedAt = new Float64Array(nodes * addresses)
  return (node: number, session: number, time: number): boolean => {
    const at = node * addresses + (session % addresses)
    const gained = ((time - (lookedAt[at] ?? 0)) / 1000) * perSecond
    const now = Math.min(most, (tokens[at] ?? 0) + gained)
    lookedAt[at] = time
    tokens[at] = now < 1 ? now : now - 1
    return now >= 1
  }
}
