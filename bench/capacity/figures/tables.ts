import { shown } from '../../load/figures/medians.js'
import type { Table } from '../../report/outcome.js'
import type { CostFile } from '../costs/costs.js'
import type { Estimate } from '../model/estimate.js'
import type { Figure, Section } from '../model/figure.js'
import type { Limit } from '../model/limits.js'

/** What people are shown of an estimate: each figure with the costs that it comes from, and each cost with its report. */

export function estimateTables({ sections, limits }: Estimate): Table[] {
  return [...sections.map(sectionTable), limitTable(limits)]
}

export function sectionTable({ title, figures }: Section): Table {
  return {
    title,
    head: ['', 'figure', 'unit', 'from'],
    rows: figures.map(({ what, value, unit, from }) => [what, shown(value), unit, fromText(from)]),
  }
}

export function limitTable(limits: readonly Limit[]): Table {
  return {
    title: 'What comes to its end first, as the same product grows',
    head: ['', 'at users', 'then', 'from'],
    rows: limits.map(({ what, users, remedy, from }) => [
      what,
      users === undefined ? 'not by this plant' : shown(Number(users.toPrecision(2))),
      remedy,
      fromText(from),
    ]),
  }
}

/** Nothing but the product's own numbers: said too. */
function fromText(from: Figure['from']): string {
  return from.length === 0 ? 'the product' : from.join(' ')
}

/** Each cost once: its value, what it is of, and where it was measured. */
export function costTables({ costs, assumptions }: CostFile): Table[] {
  return [
    {
      title: 'Measured costs',
      head: ['cost', 'value', 'of', 'report', 'at'],
      rows: Object.entries(costs).map(([name, cost]) => [
        name,
        'points' in cost
          ? cost.points.map(([x, y]) => `${shown(y)} at ${shown(x)}/s`).join(', ')
          : `${shown(cost.value)} ${cost.unit}`,
        cost.of,
        cost.from.report,
        `${cost.from.at.slice(0, 10)}, ${cost.from.commit.slice(0, 7)}`,
      ]),
    },
    {
      title: 'Assumptions: not measured here',
      head: ['assumption', 'value', 'of', 'source'],
      rows: Object.entries(assumptions).map(([name, { value, unit, of, source }]) => [
        name,
        `${shown(value)} ${unit}`,
        of,
        source,
      ]),
    },
  ]
}
