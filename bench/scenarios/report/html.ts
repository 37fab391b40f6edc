import type { Table } from '../scenario.js'
import { toSvg } from './plot.js'
import type { Report } from './report.js'

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2430; margin: 2rem auto; max-width: 1140px; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem }
table { border-collapse: collapse; font-size: 13px; margin-bottom: 1.5rem } th, td { text-align: left; padding: 3px 14px 3px 0; border-bottom: 1px solid #e4e7ec; vertical-align: top }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums } .met { color: #15803d } .missed { color: #b91c1c; font-weight: 600 }
svg { width: 100%; height: auto; font: 11px system-ui, sans-serif; fill: #1c2430 }
polyline { fill: none; stroke-width: 1.3 } .grid { stroke: #e4e7ec } .band { fill: #fde68a; opacity: .45 } .tick { text-anchor: end; fill: #64748b } .time { text-anchor: middle; fill: #64748b }`

/** A page that needs nothing beside itself. */
export function toHtml({ run, title, setting, targets, tables, plot }: Report): string {
  const judged = targets.map(
    ({ text: what, measured, isMet }) =>
      `<tr><td class="${isMet ? 'met' : 'missed'}">${isMet ? 'met' : 'missed'}</td><td>${text(what)}</td><td>${text(measured)}</td></tr>`,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Parley: ${text(title)}</title><style>${STYLE}</style></head><body>
<h1>${text(title)}</h1>
<p>${text(setting)}</p>
<table>
${Object.entries(run)
  .map(([name, value]) => `<tr><th>${name}</th><td>${text(value)}</td></tr>`)
  .join('\n')}
</table>
<h2>Targets</h2>
<table>${judged.join('\n')}</table>
${toSvg(plot)}
<h2>Figures</h2>
${tables.map(tableOf).join('\n')}
<p>The nodes, Postgres, Redis and all clients share the machine.</p>
</body></html>
`
}

function tableOf({ head, rows }: Table): string {
  const cell = (tag: 'td' | 'th', value: string | number | null, index: number) =>
    `<${tag}${index === 0 ? '' : ' class="n"'}>${text(String(value ?? ''))}</${tag}>`
  const line = (tag: 'td' | 'th', cells: Table['rows'][number]) =>
    `<tr>${cells.map((value, index) => cell(tag, value, index)).join('')}</tr>`
  return `<table>${line('th', head)}${rows.map((cells) => line('td', cells)).join('\n')}</table>`
}

function text(given: string): string {
  return given.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
