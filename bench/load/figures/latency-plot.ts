import type { Line, LinePlot } from '../../report/line-plot.js'
import type { Conversed } from '../conversation.js'
import { median } from './medians.js'
import type { Row } from './runs-table.js'

export interface RatedLine {
  readonly name: string
  readonly rows: readonly (Row<Conversed> & { readonly rate: number })[]
}

/** Delivery's p50 and p99 by rate: both axes logarithmic, a colour for each system. */
export function latencyByRate(systems: readonly RatedLine[]): LinePlot {
  const line = ({ rows }: RatedLine, of: (run: Conversed) => number | null) =>
    rows.flatMap(({ rate, runs }): [number, number][] => {
      const value = median(runs.map(of))
      return value === null ? [] : [[rate, value]]
    })
  return {
    kind: 'lines',
    title: 'from due to delivered on the other node',
    x: { unit: '/s', scale: 'logarithmic' },
    y: { unit: 'ms', scale: 'logarithmic' },
    lines: systems.flatMap((system, colour): Line[] => [
      {
        ...{ name: `${system.name} p50`, colour, isDashed: true },
        points: line(system, ({ deliveries }) => deliveries.p50),
      },
      { name: `${system.name} p99`, colour, points: line(system, ({ deliveries }) => deliveries.p99) },
    ]),
  }
}
