import type { FaultReport } from '../figures/faults.js'
import type { Summary } from '../figures/latencies.js'
import { VIOLATIONS, type Violation } from '../judge/violation.js'
import { plot } from './plot.js'
import type { Report } from './report.js'

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2430; margin: 2rem auto; max-width: 1140px; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2rem }
.verdict { padding: .8rem 1rem; border-radius: 6px; font-weight: 600 }
.clean { background: #e3f4e6; color: #14532d } .broken { background: #fde5e5; color: #7f1d1d }
table { border-collapse: collapse; width: 100%; font-size: 13px } th, td { text-align: left; padding: 3px 10px 3px 0; border-bottom: 1px solid #e4e7ec; vertical-align: top }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums } code { font-size: 13px }
svg { width: 100%; height: auto; font: 11px system-ui, sans-serif; fill: #1c2430 }
polyline { fill: none; stroke-width: 1.3 } .rate { stroke: #475569 } .ack { stroke: #94a3b8 } .p50 { stroke: #2563eb } .p99 { stroke: #dc2626 }
.ack-key { fill: #94a3b8 } .p50-key { fill: #2563eb } .p99-key { fill: #dc2626 }
.grid { stroke: #e4e7ec } .band { fill: #fde68a; opacity: .45 } .fault { fill: #f59e0b } .tick { text-anchor: end; fill: #64748b } .time { text-anchor: middle; fill: #64748b }`

/** A page that needs nothing beside itself. */
export function toHtml(report: Report): string {
  const { run, options, violations, counts, figures, faults } = report
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const verdict =
    total === 0
      ? '<p class="verdict clean">No promise was broken: 0 lost, 0 twice, 0 out of order, 0 holes, 0 leaks.</p>'
      : `<p class="verdict broken">${total} violations: ${text(listOf(counts))}</p>`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Parley: chaos, seed ${options.seed}</title><style>${STYLE}</style></head><body>
<h1>Parley under faults</h1>
${verdict}
<p>${options.nodes} nodes, ${options.users} users, ${options.chats} chats, ${options.minutes} minutes,
${faults.length} faults of ${new Set(faults.map(({ name }) => name)).size} kinds; seed ${options.seed} replays the schedule.</p>
<table>
${row('command', `<code>${text(run.command)}</code>`)}
${row('commit', text(run.commit))}
${row('when', text(run.at))}
${row('machine', text(`${run.machine}; ${run.system}. Nodes, Postgres, Redis and all clients share it.`))}
</table>
${violationsOf(violations, total)}
<h2>Over time</h2>
${plot(figures.seconds, faults)}
<h2>Figures</h2>
<p>${figures.counts.acked} messages acked, ${figures.counts.repeats} repeats answered, ${figures.counts.mended} edits and deletes,
${figures.counts.pushed} events pushed; ${figures.counts.connects} connections, ${figures.counts.joins} first joins,
${figures.counts.resumes} resumes, ${figures.counts.resets} resets. Answers other than success: ${text(listOf(figures.errors)) || 'none'}.</p>
<table><tr><th>milliseconds</th><th class="n">count</th><th class="n">p50</th><th class="n">p99</th><th class="n">p99.9</th><th class="n">most</th></tr>
${latencyRow('send to ack, with all attempts', figures.ack)}
${latencyRow('ack to push, same node', figures.delivery.sameNode)}
${latencyRow('ack to push, other node', figures.delivery.otherNode)}
${latencyRow('ack to push, raw door', figures.doors.raw)}
${latencyRow('ack to push, Socket.IO door', figures.doors.socketio)}
</table>
<p>All of the run is in these figures, faults included. A message that a session was given by a resume is not among the pushes.</p>
<h2>Faults</h2>
${faultsOf(faults)}
</body></html>
`
}

function violationsOf(violations: readonly Violation[], total: number): string {
  if (total === 0) return ''
  const rows = violations.map(
    ({ kind, at, chat = '', seq = '', rev = '', session, user = '', text: what, faults }) =>
      `<tr><td title="${text(VIOLATIONS[kind])}">${kind}</td><td class="n">${seconds(at)}</td><td><code>${text(chat)}</code></td><td class="n">${seq}</td><td class="n">${rev}</td><td>${text(session ?? user)}</td><td>${text(what)}</td><td>${faults.map(text).join('<br>')}</td></tr>`,
  )
  return `<h2>Violations</h2>
<p>The first ${violations.length} of ${total}; 0 s is a time that is not known.</p>
<table><tr><th>kind</th><th class="n">at</th><th>chat</th><th class="n">seq</th><th class="n">rev</th><th>who</th><th>what</th><th>faults before</th></tr>
${rows.join('\n')}</table>`
}

function faultsOf(faults: readonly FaultReport[]): string {
  const rows = faults.map(
    ({ id, name, target, begunAt, undoneAt, healedAt, note, connectionsLost, failures, acked }) =>
      `<tr><td class="n">${id}</td><td>${name}</td><td>${text(target)}</td><td class="n">${seconds(begunAt)}</td><td class="n">${undoneAt === null ? '' : seconds(undoneAt - begunAt)}</td><td class="n">${healedAt === null || undoneAt === null ? 'not within 60 s' : seconds(healedAt - undoneAt)}</td><td class="n">${acked}</td><td class="n">${connectionsLost}</td><td class="n">${failures}</td><td>${text(note ?? '')}</td></tr>`,
  )
  return `<p>Healed: everybody is connected and in all chats, and all nodes are ready. Acked, lost and failed are counted from the
beginning until then; where faults overlap, each has them all.</p>
<table><tr><th class="n"></th><th>kind</th><th>of</th><th class="n">begun</th><th class="n">lasted</th><th class="n">healed after</th><th class="n">acked</th><th class="n">connections lost</th><th class="n">failed requests</th><th></th></tr>
${rows.join('\n')}</table>`
}

function latencyRow(name: string, { count, p50, p99, p999, most }: Summary): string {
  return `<tr><td>${name}</td>${[count, p50, p99, p999, most].map((value) => `<td class="n">${value ?? ''}</td>`).join('')}</tr>`
}

function row(name: string, value: string): string {
  return `<tr><th>${name}</th><td>${value}</td></tr>`
}

function listOf(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function text(given: string): string {
  return given.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
