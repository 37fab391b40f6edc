import type { Entry, EntryOf } from '../record/entries.js'
import { createSpread, type Spread, type Summary } from './latencies.js'

/** Acks that are remembered for the pushes that come after them. */
const ACKS_MOST = 20_000

interface Second {
  acked: number
  pushed: number
  /** From the ack to the push of a message, of all who were told. */
  readonly delivery: Spread
  readonly ack: Spread
}

export interface SecondSummary {
  readonly second: number
  readonly acked: number
  readonly pushed: number
  readonly delivery: Summary
  readonly ack: Summary
}

/** What is counted and measured, and not judged. */
export function createFigures() {
  const seconds: Second[] = []
  const acks = new Map<string, { readonly at: number; readonly node: number }>()
  const delivery = { sameNode: createSpread(), otherNode: createSpread() }
  const doors = { raw: createSpread(), socketio: createSpread() }
  const ack = createSpread()
  const doorOf = new Map<string, 'raw' | 'socketio'>()
  const errors = new Map<string, number>()
  const counts = {
    sends: 0,
    repeats: 0,
    acked: 0,
    pushed: 0,
    connects: 0,
    joins: 0,
    resumes: 0,
    resets: 0,
    mended: 0,
  }

  function secondOf(at: number): Second {
    const index = Math.floor(at / 1000)
    while (seconds.length <= index)
      seconds.push({ acked: 0, pushed: 0, delivery: createSpread(), ack: createSpread() })
    const second = seconds[index]
    if (second === undefined) throw new Error('time has run back')
    return second
  }

  function acked({ at, chat, rev, node, duplicate, tookMs }: EntryOf<'acked'>): void {
    if (duplicate) {
      counts.repeats += 1
      return
    }
    counts.acked += 1
    const second = secondOf(at)
    second.acked += 1
    second.ack.add(tookMs)
    ack.add(tookMs)
    acks.set(`${chat} ${rev}`, { at, node })
    const [oldest] = acks.keys()
    if (acks.size > ACKS_MOST && oldest !== undefined) acks.delete(oldest)
  }

  function pushed({ at, session, chat, rev, type, node }: EntryOf<'pushed'>): void {
    counts.pushed += 1
    const second = secondOf(at)
    second.pushed += 1
    if (type !== 'message') return
    const sent = acks.get(`${chat} ${rev}`)
    // A push that comes before the ack has taken no time.
    const tookMs = sent === undefined ? 0 : at - sent.at
    second.delivery.add(tookMs)
    doors[doorOf.get(session) ?? 'raw'].add(tookMs)
    if (sent !== undefined) (sent.node === node ? delivery.sameNode : delivery.otherNode).add(tookMs)
  }

  function failed(code: string): void {
    errors.set(code, (errors.get(code) ?? 0) + 1)
  }

  return {
    see(entry: Entry): void {
      switch (entry.kind) {
        case 'send':
          counts.sends += 1
          return
        case 'acked':
          acked(entry)
          return
        case 'pushed':
          pushed(entry)
          return
        case 'refused':
        case 'mend refused':
        case 'failed':
          failed(entry.code)
          return
        case 'mended':
          counts.mended += 1
          return
        case 'connected':
          counts.connects += 1
          if (entry.door !== 'rest') doorOf.set(entry.session, entry.door)
          return
        case 'joined':
          if (entry.after === null) counts.joins += 1
          else counts.resumes += 1
          if (entry.reset) counts.resets += 1
      }
    },
    counts: (): Readonly<typeof counts> => counts,
    result: () => ({
      counts,
      errors: Object.fromEntries(errors),
      ack: ack.summary(),
      delivery: { sameNode: delivery.sameNode.summary(), otherNode: delivery.otherNode.summary() },
      doors: { raw: doors.raw.summary(), socketio: doors.socketio.summary() },
      seconds: seconds.map(
        (one, second): SecondSummary => ({
          ...{ second, acked: one.acked, pushed: one.pushed },
          ...{ delivery: one.delivery.summary(), ack: one.ack.summary() },
        }),
      ),
    }),
  }
}

export type Figures = ReturnType<typeof createFigures>
export type FiguresResult = ReturnType<Figures['result']>
