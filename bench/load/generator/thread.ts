import { parentPort, workerData } from 'node:worker_threads'
import { type DialectName, dialects } from '../dialects/index.js'
import type { Counts, Order, Report, Talk, ThreadData } from './orders.js'
import { now, Session, Tally } from './session.js'

/** A thread of the generator: holds a share of the connections, and lets them speak. */

const TICK_MS = 1
const TELL_MS = 200

const { dialect: name }: ThreadData = workerData
const dialect = dialects[name satisfies DialectName]
const sessions = new Map<number, Session>()
const tally = new Tally()
let talk: Talk | undefined
let speakers: Session[] = []
let busySince = performance.eventLoopUtilization()

parentPort?.on('message', (order: Order) => {
  switch (order.kind) {
    case 'arrive':
      arrive(order)
      break
    case 'talk':
      begin(order.talk)
      break
    case 'hush':
      talk = undefined
      break
    case 'count':
      tell({ kind: 'counts', counts: counts() })
      measureAnew()
      break
    case 'tell':
      tell({ kind: 'counts', counts: counts() })
      break
    case 'part':
      for (const session of sessions.values()) session.part()
      sessions.clear()
      tell({ kind: 'parted' })
  }
})

function tell(report: Report): void {
  parentPort?.postMessage(report)
}

function arrive({ seats, arrival }: Extract<Order, { kind: 'arrive' }>): void {
  const left = seats.values()
  let [standing, failed, told] = [0, 0, 0]

  function next(): void {
    if (standing + failed === seats.length) {
      tell({ kind: 'standing', standing })
      tell({ kind: 'arrived', failed })
      return
    }
    if (now() - told > TELL_MS * 1000) {
      told = now()
      tell({ kind: 'standing', standing })
    }
    const { value: seat } = left.next()
    if (seat === undefined) return
    const session = new Session({
      ...{ seat, arrival, dialect },
      tally,
      onStanding() {
        standing += 1
        next()
      },
      onFailed() {
        failed += 1
        next()
      },
      onAnswered: (answered) => {
        if (talk?.loop.kind === 'closed') say(answered, now())
      },
    })
    sessions.set(seat.user, session)
  }

  if (seats.length === 0) tell({ kind: 'arrived', failed: 0 })
  for (let index = 0; index < Math.min(arrival.atOnce, seats.length); index++) next()
}

function say(session: Session, due: number): void {
  const again = talk !== undefined && talk.repeats > 0 && Math.random() < talk.repeats
  session.say(due, again)
}

function begin(given: Talk): void {
  talk = given
  speakers = given.speakers.flatMap((user) => sessions.get(user) ?? [])
  if (speakers.length === 0) return
  if (given.loop.kind === 'closed') for (const session of speakers) say(session, now())
  else sayAtFixedTimes(given, given.loop.perSecond, now())
}

/** What is late was due all the same: waiting for us counts as well. */
function sayAtFixedTimes(given: Talk, perSecond: number, startedAt: number, index = 0): void {
  if (talk !== given) return
  const until = now()
  const dueAt = (place: number) => startedAt + (place * 1e6) / perSecond
  let at = index
  for (; dueAt(at) <= until; at++) {
    const session = speakers[at % speakers.length]
    if (session !== undefined) say(session, dueAt(at))
  }
  setTimeout(sayAtFixedTimes, TICK_MS, given, perSecond, startedAt, at)
}

function measureAnew(): void {
  for (const one of [tally.acks, tally.deliveries, tally.arrivals, tally.late]) one.clear()
  busySince = performance.eventLoopUtilization()
}

function counts(): Counts {
  const { acks, deliveries, arrivals, late, ...numbers } = tally
  return {
    ...numbers,
    acks: acks.toHistogram(),
    deliveries: deliveries.toHistogram(),
    arrivals: arrivals.toHistogram(),
    late: late.toHistogram(),
    busy: performance.eventLoopUtilization(busySince).utilization,
  }
}
