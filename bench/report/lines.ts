import type { Outcome, Table } from './outcome.js'

/** What a terminal is shown. */
export function toLines({ title, setting, targets, tables }: Outcome): string[] {
  return [
    title,
    setting,
    ...tables.flatMap((table) => ['', ...tableLines(table)]),
    '',
    ...targets.map(({ text, measured, isMet }) => `${isMet ? 'met   ' : 'MISSED'}  ${text}: ${measured}`),
  ]
}

function tableLines({ title, head, rows }: Table): string[] {
  const all = [head, ...rows].map((cells) => cells.map((value) => String(value ?? '')))
  const widths = head.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)))
  const lines = all.map((cells) =>
    cells
      .map((text, column) =>
        column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0),
      )
      .join('  '),
  )
  return title === undefined ? lines : [title, ...lines]
}
