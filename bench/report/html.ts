import { toBarSvg } from './bar-plot.js'
import { toLineSvg } from './line-plot.js'
import { escaped } from './markup.js'
import type { Outcome, Plot, Table, Target } from './outcome.js'

export interface Page {
  readonly title: string
  /** What stands above all else, a line each: the machine, the commit. */
  readonly run: Readonly<Record<string, string>>
  readonly outcomes: readonly Outcome[]
  /** How the figures are to be read, a paragraph each. */
  readonly notes: readonly string[]
}

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2430; margin: 2rem auto; max-width: 1140px; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.25rem; margin-top: 2.5rem } h3 { font-size: 1rem; margin: 1.2rem 0 .3rem }
table { border-collapse: collapse; font-size: 13px; margin-bottom: 1.2rem } th, td { text-align: left; padding: 3px 14px 3px 0; border-bottom: 1px solid #e4e7ec; vertical-align: top }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap } .met { color: #15803d } .missed { color: #b91c1c; font-weight: 600 }
svg { width: 100%; height: auto; font: 11px system-ui, sans-serif; fill: #1c2430; margin-bottom: .8rem }
polyline { fill: none; stroke-width: 1.5 } .grid { stroke: #e4e7ec } .band { fill: #fde68a; opacity: .45 } .tick { text-anchor: end; fill: #64748b } .time { text-anchor: middle; fill: #64748b }`

/** A page that needs nothing beside itself. */
export function toHtml({ title, run, outcomes, notes }: Page): string {
  const about = Object.entries(run).map(
    ([name, value]) => `<tr><th>${escaped(name)}</th><td>${escaped(value)}</td></tr>`,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Parley: ${escaped(title)}</title><style>${STYLE}</style></head><body>
<h1>${escaped(title)}</h1>
<table>
${about.join('\n')}
</table>
${notes.map((note) => `<p>${escaped(note)}</p>`).join('\n')}
${outcomes.map(sectionOf).join('\n')}
</body></html>
`
}

function sectionOf({ title, setting, targets, tables, plots }: Outcome): string {
  return `<h2>${escaped(title)}</h2>
<p>${escaped(setting)}</p>
${targets.length === 0 ? '' : `<table>${targets.map(targetOf).join('\n')}</table>`}
${plots.map(plotOf).join('\n')}
${tables.map(tableOf).join('\n')}`
}

function targetOf({ text, measured, isMet }: Target): string {
  const verdict = isMet ? 'met' : 'missed'
  return `<tr><td class="${verdict}">${verdict}</td><td>${escaped(text)}</td><td>${escaped(measured)}</td></tr>`
}

function plotOf(plot: Plot): string {
  return plot.kind === 'lines' ? toLineSvg(plot) : toBarSvg(plot)
}

function tableOf({ title, head, rows }: Table): string {
  const cell = (tag: 'td' | 'th', value: string | number | null, index: number) =>
    `<${tag}${index === 0 ? '' : ' class="n"'}>${escaped(String(value ?? ''))}</${tag}>`
  const line = (tag: 'td' | 'th', cells: Table['rows'][number]) =>
    `<tr>${cells.map((value, index) => cell(tag, value, index)).join('')}</tr>`
  const heading = title === undefined ? '' : `<h3>${escaped(title)}</h3>`
  return `${heading}<table>${line('th', head)}${rows.map((cells) => line('td', cells)).join('\n')}</table>`
}
