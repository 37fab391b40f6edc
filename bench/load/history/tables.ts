import type { LinePlot } from '../../report/line-plot.js'
import type { Table } from '../../report/outcome.js'
import { shown } from '../figures/medians.js'
import type { Asked as Answers } from '../rest-clients.js'
import type { Explained } from './explain.js'
import { accessOf, type Statement, steps } from './plans.js'

/** What was answered at a door, by the number of clients. */
export interface DoorRun {
  readonly door: string
  readonly clients: number
  readonly answers: Answers
}

/** All that was found with so many messages in the tables. */
export interface SizeRun {
  readonly messages: number
  readonly doors: readonly DoorRun[]
  readonly explained: readonly Explained[]
}

const HEAD_CHARACTERS = 70

/** A row for each door, a column for each size: what it costs to have more. */
export function sizesTable(runs: readonly SizeRun[], clients: number): Table {
  const doors = [...new Set(runs.flatMap((run) => run.doors.map(({ door }) => door)))]
  const cell = (run: SizeRun, door: string) => {
    const found = run.doors.find((one) => one.door === door && one.clients === clients)?.answers
    if (found === undefined) return null
    const { took, seconds } = found
    return `${shown(took.p50)} / ${shown(took.p99)}, ${shown(took.count / seconds)}/s`
  }
  return {
    title: `${clients} ${clients === 1 ? 'client' : 'clients'}: p50 / p99 in ms, requests/s; by messages in the tables`,
    head: ['', ...runs.map(({ messages }) => messages.toLocaleString('en-GB'))],
    rows: doors.map((door) => [door, ...runs.map((run) => cell(run, door))]),
  }
}

/** What each door has Postgres do. */
export function accessTable({ messages, explained }: SizeRun): Table {
  return {
    title: `What a request makes Postgres do, with ${messages.toLocaleString('en-GB')} messages, as Postgres has logged it`,
    head: ['door', 'statement', 'rows', 'pages', 'ms', 'how the rows are found'],
    rows: explained.flatMap(({ door, statements }) =>
      statements.map(({ text, plan }) => [
        door,
        headOf(text),
        plan.rows * plan.loops,
        plan.pages,
        shown(plan.ms),
        accessOf(plan),
      ]),
    ),
  }
}

/** The whole plan of each statement: of those that it was run with, the slowest. */
export function planTables({ explained }: SizeRun): Table[] {
  const all = new Map<string, Statement>()
  for (const one of explained.flatMap(({ statements }) => statements))
    if (one.plan.ms > (all.get(one.text)?.plan.ms ?? 0)) all.set(one.text, one)
  return [...all.values()].map(({ text, plan }) => ({
    title: text.replace(/\s+/g, ' ').trim(),
    head: ['step', 'rows', 'times', 'pages', 'of these not in memory', 'ms each'],
    rows: [...steps(plan)].map(([{ type, reads, rows, loops, pages, disk, ms }, depth]) => [
      `${'· '.repeat(depth)}${type}${reads === undefined ? '' : ` ${reads}`}`,
      ...[rows, loops, pages, disk],
      shown(ms),
    ]),
  }))
}

export function p99Plot(runs: readonly SizeRun[], clients: number): LinePlot {
  const doors = [...new Set(runs.flatMap((run) => run.doors.map(({ door }) => door)))]
  return {
    kind: 'lines',
    title: `p99 with ${clients} clients, by messages in the tables`,
    x: { unit: 'messages', scale: 'logarithmic' },
    y: { unit: 'ms', scale: 'logarithmic' },
    lines: doors.map((name) => ({
      name,
      points: runs.flatMap(({ messages, doors }): [number, number][] => {
        const found = doors.find((one) => one.door === name && one.clients === clients)
        const p99 = found?.answers.took.p99 ?? null
        return p99 === null ? [] : [[messages, p99]]
      }),
    })),
  }
}

/** From its first table on: the list of columns before says little. */
function headOf(text: string): string {
  const flat = text.replace(/\s+/g, ' ').replaceAll('"', '')
  return flat.slice(Math.max(0, flat.indexOf(' from ') + 1)).slice(0, HEAD_CHARACTERS)
}
