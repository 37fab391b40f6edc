import type { Table } from '../../report/outcome.js'
import type { Conversed } from '../conversation.js'
import { costColumns } from './costs.js'
import { median, ratio, shown } from './medians.js'
import { type Row, runsTable } from './runs-table.js'

export type TalkRow = Row<Conversed>

/** What is told of talk: how fast it was, what it cost, what became of it, and whether the generator was the limit. */
export function talkTables(rows: readonly TalkRow[], piece = 'message'): Table[] {
  return [
    runsTable('Messages a second, and milliseconds from when each was due', '', rows, [
      { head: 'messages/s', of: ({ perSecond }) => perSecond },
      { head: 'ack p50', of: ({ acks }) => acks.p50 },
      { head: 'ack p99', of: ({ acks }) => acks.p99 },
      { head: 'delivery p50', of: ({ deliveries }) => deliveries.p50 },
      { head: 'p90', of: ({ deliveries }) => deliveries.p90 },
      { head: 'p99', of: ({ deliveries }) => deliveries.p99 },
      { head: 'p99.9', of: ({ deliveries }) => deliveries.p999 },
      { head: 'most', of: ({ deliveries }) => deliveries.most },
    ]),
    runsTable('Processor time', '', rows, [
      ...costColumns(piece),
      { head: 'RSS of a node, MB', of: ({ rss }) => rss },
    ]),
    lossTable(rows),
    ...limitTables(rows),
  ]
}

/** All runs together: one that is lost is not made good by the median. */
function lossTable(rows: readonly TalkRow[]): Table {
  const heads = ['sent', 'repeated', 'expected', 'delivered', 'lost', 'again', 'holes', 'refused'] as const
  return {
    title: 'What became of it, all runs and warming up included',
    head: ['', ...heads, 'unanswered', 'closed'],
    rows: rows.map(({ name, runs }) => [
      name,
      ...[...heads, 'unanswered' as const, 'closed' as const].map((key) =>
        runs.reduce((sum, { loss }) => sum + loss[key], 0),
      ),
    ]),
  }
}

function limitTables(rows: readonly TalkRow[]): Table[] {
  return [
    {
      title: 'The generator',
      head: ['', 'busiest thread, %', 'late p99, ms', 'was it the limit?'],
      rows: rows.map(({ name, runs }) => [
        name,
        shown(median(runs.map(({ busy }) => busy * 100))),
        shown(median(runs.map(({ late }) => late.p99))),
        runs.find(({ limit }) => limit !== undefined)?.limit ?? 'no',
      ]),
    },
  ]
}

/** The first row beside each of the others; empty where there is none. */
export function ratioTables([own, ...peers]: readonly TalkRow[]): Table[] {
  if (own === undefined || peers.length === 0) return []
  const of = (row: TalkRow, figure: (run: Conversed) => number | null) => median(row.runs.map(figure))
  const times = (one: number | null, other: number | null) => {
    const found = ratio(one, other)
    return found === null ? '-' : `${shown(found)} ×`
  }
  return [
    {
      title: `${own.name} beside the others`,
      head: ['', 'messages/s', 'servers’ processor time', 'delivery p99'],
      rows: peers.map((peer) => [
        `as a multiple of ${peer.name}`,
        times(
          of(own, ({ perSecond }) => perSecond),
          of(peer, ({ perSecond }) => perSecond),
        ),
        times(
          of(own, ({ costs }) => costs.servers),
          of(peer, ({ costs }) => costs.servers),
        ),
        times(
          of(own, ({ deliveries }) => deliveries.p99),
          of(peer, ({ deliveries }) => deliveries.p99),
        ),
      ]),
    },
  ]
}
