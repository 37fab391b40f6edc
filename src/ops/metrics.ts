import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Figures } from '../ports/figures.js'
import { createCounts } from './counts.js'

/** From a message alone to a full flush (PARLEY_COMMIT_BATCH). */
const FLUSH_MESSAGES = [1, 2, 5, 10, 20, 50, 100, 200, 500]
/** A flush that takes ten seconds is given up. */
const FLUSH_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const FAN_OUT_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]

/** Of the default ones: each looks at every handle of the process, sockets included. */
const LEFT_OUT = ['resources', 'handles', 'requests'].flatMap((what) => [
  `nodejs_active_${what}`,
  `nodejs_active_${what}_total`,
])

/** What is not counted but stands somewhere, and is looked at when somebody asks. */
export interface Standings {
  readonly isDatabaseUp: () => boolean
  readonly isBusUp: () => boolean
  /** What waits for its turn, by lane. */
  readonly lanes: Readonly<Record<string, () => number>>
}

/**
 * The metrics of one node (docs/metrics.md), in a registry of its own. The layers are handed `figures`; what they count
 * is read when it is asked for. What several processes count is added up but for what says otherwise (`aggregator`).
 */
export function createMetrics(version: string) {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  for (const name of LEFT_OUT) registry.removeSingleMetric(name)

  const counts = createCounts()
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name, help, buckets, registers })
  const figures: Figures = {
    ...counts,
    flushMessages: histogram('parley_flush_messages', 'Messages of one flush.', FLUSH_MESSAGES),
    flushSeconds: histogram(
      'parley_flush_duration_seconds',
      'From the statement of a flush to its answer.',
      FLUSH_SECONDS,
    ),
    fanOutSeconds: histogram(
      'parley_fan_out_duration_seconds',
      'From the answer of a flush until the sessions of this node have been written to.',
      FAN_OUT_SECONDS,
    ),
  }

  gauge('parley_sessions', 'Sessions that are open.', ['door'], () => counts.sessions)
  counter('parley_frames_received_total', 'Frames of clients.', ['door', 'type'], counts.framesReceived)
  counter('parley_frames_sent_total', 'Frames sent to sessions.', ['door'], counts.framesSent)
  counter('parley_sends_total', 'Messages said, by what became of them.', ['result'], counts.sends)
  counter('parley_errors_total', 'Errors answered.', ['door', 'code'], counts.errors)
  counter('parley_deliveries_total', 'Events of chats sent to sessions.', [], () => counts.deliveries.total)
  counter('parley_holes_filled_total', 'Holes in the streams of chats.', ['source'], counts.holes)
  counter('parley_joins_total', 'Chats that sessions asked to join.', ['by', 'result'], counts.joins)
  counter('parley_sessions_ended_total', 'Sessions that have ended.', ['door', 'code'], counts.closes)
  counter('parley_slow_readers_total', 'Sessions that did not keep up.', ['how'], counts.slowReaders)
  new Gauge({
    ...{ name: 'parley_build_info', help: 'Always 1.', labelNames: ['version'], registers },
    aggregator: 'first',
  }).set({ version }, 1)

  function counter(name: string, help: string, labelNames: string[], counts: Counts | (() => number)): void {
    new Counter({
      ...{ name, help, labelNames, registers },
      collect() {
        this.reset()
        const now = typeof counts === 'function' ? counts() : counts
        for (const { labels, value } of seriesOf(labelNames, now)) this.inc(labels, value)
      },
    })
  }

  function gauge(
    name: string,
    help: string,
    labelNames: string[],
    read: () => Counts,
    aggregator: 'sum' | 'min' = 'sum',
  ): void {
    new Gauge({
      ...{ name, help, labelNames, registers, aggregator },
      collect() {
        for (const { labels, value } of seriesOf(labelNames, read())) this.set(labels, value)
      },
    })
  }

  return {
    registry,
    figures,

    /** Called once, when what is looked at is there. */
    observe({ isDatabaseUp, isBusUp, lanes }: Standings): void {
      const depths = () => Object.fromEntries(Object.entries(lanes).map(([lane, depth]) => [lane, depth()]))
      gauge('parley_lane_waiting', 'What waits for a turn of its lane.', ['lane'], depths)
      gauge('parley_bus_up', '1 while the bus is up.', [], () => (isBusUp() ? 1 : 0), 'min')
      gauge(
        'parley_database_up',
        '0 while the database is known to be away.',
        [],
        () => (isDatabaseUp() ? 1 : 0),
        'min',
      )
    },
  }
}

export type Metrics = ReturnType<typeof createMetrics>

/** By label values, one level for each label. */
type Counts = number | { readonly [value: string]: Counts }

interface Series {
  readonly labels: Record<string, string>
  readonly value: number
}

function seriesOf([label, ...others]: readonly string[], counts: Counts): Series[] {
  if (typeof counts === 'number') return [{ labels: {}, value: counts }]
  if (label === undefined) return []
  return Object.entries(counts).flatMap(([name, below]) =>
    seriesOf(others, below).map(({ labels, value }) => ({ labels: { [label]: name, ...labels }, value })),
  )
}
