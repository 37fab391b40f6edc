import type { LinePlot } from '../../report/line-plot.js'
import type { Arrivals } from '../arrival.js'
import type { Row } from './runs-table.js'

/** How many stood when; of each the first run. */
export function arrivalsPlot(title: string, rows: readonly Row<{ readonly arrivals: Arrivals }>[]): LinePlot {
  return {
    kind: 'lines',
    title,
    x: { unit: 's', scale: 'linear' },
    y: { unit: 'sessions', scale: 'linear' },
    lines: rows.flatMap(({ name, runs: [first] }) =>
      first === undefined ? [] : [{ name, points: first.arrivals }],
    ),
  }
}
