import type { OpenChat } from 'parley'
import { type Cell, createCell } from '../cell.js'
import type { Side, Sides } from '../phones/side.js'
import { createLatencies, type Latency } from './latencies.js'
import { faultsIn, newestSeq, type Standing, type Watch } from './watch.js'

const TICK_MS = 250
/** Half a minute of ticks. */
const SERIES = 120

export interface Reading {
  /** Messages committed in the last second. */
  readonly perSecond: number
  /** The same at each tick, the newest last. */
  readonly series: readonly number[]
  /** From `send` to the acknowledgement of the commit. */
  readonly acked: Latency | undefined
  /** From `send` to the list of the other phone. */
  readonly seen: Latency | undefined
  /** Holes and repeats in the lists of both phones. */
  readonly missed: number
  readonly repeated: number
  readonly standings: Readonly<Record<Side['person']['sub'], Standing>>
}

interface Timed {
  /** Null where the time would be that of an outage. */
  startedAt: number | null
  isAcked: boolean
  isSeen: boolean
}

/** Measures what both phones see; it can, because both are in this page and share its clock. */
export function createMeter(sides: Sides, watch: Watch): Cell<Reading> {
  const [ann, bob] = sides
  const acked = createLatencies()
  const seen = createLatencies()
  const timed = new Map<string, Timed>()
  /** The newest message of each chat that either phone has. */
  const newest = new Map<string, number>()
  let commits: number[] = []
  let series: number[] = Array.from({ length: SERIES }, () => 0)

  const areBothOnline = () => sides.every(({ parley }) => parley.connection.state.status === 'online')
  /** Behind what an outage has left, a message waits its turn: that is told by the outages, and is no latency. */
  const hasBacklog = () => [...timed.values()].some(({ startedAt }) => startedAt === null)

  function read(): Reading {
    const faults = [...watch.pairs()]
      .flatMap((pair) => [pair.ann, pair.bob])
      .filter(({ state }) => state.isLive)
      .map(faultsIn)
    return {
      perSecond: commits.length,
      series,
      acked: acked.summary(),
      seen: seen.summary(),
      missed: faults.reduce((sum, { missed }) => sum + missed, 0),
      repeated: faults.reduce((sum, { repeated }) => sum + repeated, 0),
      standings: { ann: watch.standingOf(ann), bob: watch.standingOf(bob) },
    }
  }

  function countCommits(chat: OpenChat, now: number): void {
    if (chat.state.chat === undefined) return
    const seq = newestSeq(chat)
    const before = newest.get(chat.chatId) ?? seq
    newest.set(chat.chatId, Math.max(before, seq))
    for (let committed = before; committed < seq; committed++) commits.push(now)
  }

  function measure(chat: OpenChat, now: number): void {
    for (const { clientId, isMine, status } of chat.messages) {
      if (clientId === null) continue
      const known = timed.get(clientId)
      if (isMine && status === 'sending' && known === undefined)
        timed.set(clientId, {
          startedAt: areBothOnline() && !hasBacklog() ? now : null,
          isAcked: false,
          isSeen: false,
        })
      else if (known !== undefined && isMine && (status === 'sent' || status === 'read') && !known.isAcked) {
        known.isAcked = true
        if (known.startedAt !== null) acked.add(now - known.startedAt)
      } else if (known !== undefined && !isMine && !known.isSeen) {
        known.isSeen = true
        if (known.startedAt !== null) seen.add(now - known.startedAt)
      }
      if (status === 'failed' || (known?.isAcked && known.isSeen)) timed.delete(clientId)
    }
  }

  watch.onChange((_, chat) => {
    const now = performance.now()
    countCommits(chat, now)
    measure(chat, now)
  })
  for (const { parley } of sides)
    parley.connection.subscribe(() => {
      if (!areBothOnline()) for (const message of timed.values()) message.startedAt = null
    })

  const reading = createCell(read())
  setInterval(() => {
    const now = performance.now()
    commits = commits.filter((at) => now - at < 1000)
    series = [...series.slice(1), commits.length]
    reading.set(read())
  }, TICK_MS)
  return reading
}
