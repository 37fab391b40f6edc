import { shown } from '../../load/figures/medians.js'
import type { LinePlot } from '../../report/line-plot.js'
import type { Table } from '../../report/outcome.js'
import type { Compared, NamedStorm } from '../simulate/storms.js'

const POINTS = 200

export function stormTable(storms: readonly NamedStorm[]): Table {
  return {
    title: 'Reconnect storms, simulated: seconds until sessions are back',
    head: [
      '',
      'to each node',
      'half',
      '99 %',
      'all',
      'longest line, s',
      'attempts each',
      'refused',
      'in vain',
    ],
    rows: storms.map(({ name, options: { sessions, nodes }, storm }) => [
      name,
      ...[sessions / nodes, storm.backSeconds.half, storm.backSeconds.most, storm.backSeconds.all].map(shown),
      ...[storm.longestQueueSeconds, storm.attempts / sessions].map(shown),
      ...[storm.refused, storm.wasted].map(shown),
    ]),
  }
}

export function comparedTable(compared: readonly Compared[]): Table {
  return {
    title: 'The same simulation beside storms that were run: seconds until the last one',
    head: ['', 'measured', 'simulated', 'simulated to measured'],
    rows: compared.map(({ name, measuredSeconds, simulatedSeconds }) => [
      name,
      ...[measuredSeconds, simulatedSeconds, simulatedSeconds / measuredSeconds].map(shown),
    ]),
  }
}

export function stormPlot(storms: readonly NamedStorm[]): LinePlot {
  return {
    kind: 'lines',
    title: 'sessions that are back',
    x: { unit: 's', scale: 'linear' },
    y: { unit: '%', scale: 'linear' },
    lines: storms
      // It takes minutes, and would push all others to the edge.
      .filter(({ options }) => options.admission === undefined)
      .map(({ name, options: { sessions }, storm: { back } }) => ({
        name,
        points: Array.from({ length: POINTS + 1 }, (_, step): [number, number] => {
          const count = Math.round((back.length * step) / POINTS)
          return [back[Math.max(0, count - 1)] ?? 0, (count / sessions) * 100]
        }),
      })),
  }
}
