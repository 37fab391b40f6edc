import type { Outcome } from '../../report/outcome.js'
import { backAt, byWindow, type Sample, within } from './samples.js'
import { summarise } from './summary.js'

/** When Redis was killed and when it answered again, in milliseconds of the process' clock. */
export interface Phases {
  readonly startMs: number
  readonly killedMs: number
  readonly returnedMs: number
  readonly endMs: number
}

const SECOND_MS = 1_000
const WINDOW_MS = 200
const ACK_P99_MS = 1_000
const DELIVERY_P99_MS = 2_000
const RETURN_MS = 1_000
/** The first part of the time before is no measure: the nodes still warm up. */
const WARM_UP_SHARE = 0.2

/** What acks and deliveries were before, while and after Redis was away. A message is of the phase that it was due in. */
export function describePhases(
  { startMs, killedMs, returnedMs, endMs }: Phases,
  acks: readonly Sample[],
  deliveries: readonly Sample[],
  { said }: { readonly said: number },
): Pick<Outcome, 'targets' | 'tables' | 'plots' | 'figures'> {
  const spans = {
    before: [startMs, killedMs],
    away: [killedMs, returnedMs],
    after: [returnedMs, endMs],
  } as const
  const of = (phase: keyof typeof spans) => ({
    acks: summarise(within(acks, ...spans[phase])),
    deliveries: summarise(within(deliveries, ...spans[phase])),
  })
  const phases = { before: of('before'), away: of('away'), after: of('after') }
  const { away } = phases

  const warmMs = startMs + WARM_UP_SHARE * (killedMs - startMs)
  const windowsBefore = byWindow(
    deliveries.filter(({ dueMs }) => dueMs < killedMs - WINDOW_MS),
    warmMs,
    WINDOW_MS,
  )
  const levelMs = Math.max(...windowsBefore.map(({ p99 }) => p99))
  const backMs = backAt(byWindow(deliveries, returnedMs, WINDOW_MS), levelMs)
  const backAfterMs = backMs === null ? null : backMs - returnedMs

  const round = (ms: number | null) => (ms === null ? null : Math.round(ms * 10) / 10)
  const seconds = (samples: readonly Sample[], key: 'p50' | 'p99') =>
    byWindow(samples, startMs, SECOND_MS).map((window): [number, number] => [
      (window.fromMs - startMs) / SECOND_MS,
      window[key],
    ])
  return {
    targets: [
      {
        text: `Acks go on: all messages are acked, those while Redis is away within ${ACK_P99_MS} ms at p99`,
        measured: `${acks.length} of ${said} acked, ${round(away.acks.p99)} ms`,
        isMet: acks.length === said && (away.acks.p99 ?? Number.POSITIVE_INFINITY) <= ACK_P99_MS,
      },
      {
        text: `While Redis is away, messages cross nodes within ${DELIVERY_P99_MS} ms at p99`,
        measured: `${round(away.deliveries.p99)} ms`,
        isMet: (away.deliveries.p99 ?? Number.POSITIVE_INFINITY) < DELIVERY_P99_MS,
      },
      {
        text: `Delivery is back to the level of before within ${RETURN_MS} ms of Redis' first PONG`,
        measured: `after ${backAfterMs ?? 'never'} ms (p99 of ${WINDOW_MS} ms windows; level ${round(levelMs)} ms)`,
        isMet: backAfterMs !== null && backAfterMs <= RETURN_MS,
      },
    ],
    tables: [
      {
        head: ['milliseconds', 'acks', 'p50', 'p99', 'most', 'deliveries', 'p50', 'p99', 'most'],
        rows: Object.entries(phases).map(([name, { acks: ack, deliveries: delivery }]) => [
          name,
          ...[ack.count, round(ack.p50), round(ack.p99), round(ack.most)],
          ...[delivery.count, round(delivery.p50), round(delivery.p99), round(delivery.most)],
        ]),
      },
    ],
    plots: [
      {
        kind: 'lines',
        title: 'by second in which a message was due',
        x: { unit: 's', scale: 'linear' },
        y: { unit: 'ms', scale: 'logarithmic' },
        lines: [
          { name: 'delivery to the other node, p50', points: seconds(deliveries, 'p50') },
          { name: 'delivery, p99', points: seconds(deliveries, 'p99') },
          { name: 'ack, p99', points: seconds(acks, 'p99') },
        ],
        bands: [
          {
            name: 'Redis is away',
            from: (killedMs - startMs) / SECOND_MS,
            to: (returnedMs - startMs) / SECOND_MS,
          },
        ],
      },
    ],
    figures: {
      phases,
      levelMs,
      backAfterMs,
      windowsAfterReturn: byWindow(deliveries, returnedMs, WINDOW_MS)
        .slice(0, 15)
        .map(({ fromMs, p50, p99 }) => ({ afterMs: fromMs - returnedMs, p50: round(p50), p99: round(p99) })),
    },
  }
}
