import type { FaultReport } from '../figures/faults.js'
import type { SecondSummary } from '../figures/figures.js'

const WIDTH = 1100
const LEFT = 60
const TOP = 24
const RATE_HEIGHT = 110
const GAP = 34
const LATENCY_HEIGHT = 240
const FAULTS_TOP = TOP + RATE_HEIGHT + GAP + LATENCY_HEIGHT + 34
const LANE = 15
const LEAST_MS = 0.1
const MOST_MS = 100_000
const DECADES = [0.1, 1, 10, 100, 1_000, 10_000, 100_000]

/** Messages a second, latency by second, and the faults below them, on one axis of time: an SVG. */
export function plot(seconds: readonly SecondSummary[], faults: readonly FaultReport[]): string {
  const total = Math.max(1, seconds.length)
  const x = (second: number) => LEFT + (second / total) * (WIDTH - LEFT - 10)
  const lanes = lanesOf(faults)
  const height = FAULTS_TOP + (Math.max(0, ...lanes) + 1) * LANE + 30
  const bands = faults.map((fault) => {
    const [from, to] = spanOf(fault)
    return `<rect class="band" x="${px(x(from))}" y="${TOP}" width="${px(Math.max(1.5, x(to) - x(from)))}" height="${FAULTS_TOP - TOP - 20}"/>`
  })
  const names = faults.map((fault, index) => {
    const [from, to] = spanOf(fault)
    const y = FAULTS_TOP + (lanes[index] ?? 0) * LANE
    const anchor = x(from) > WIDTH * 0.8 ? 'end' : 'start'
    return `<rect class="fault" x="${px(x(from))}" y="${y - 9}" width="${px(Math.max(2, x(to) - x(from)))}" height="11"/><text x="${px(x(from) + (anchor === 'end' ? -3 : 3))}" y="${y}" text-anchor="${anchor}">${fault.id} ${fault.name}</text>`
  })
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Rate and latency over time, with the faults">
${bands.join('\n')}
${rates(seconds, x)}
${latencies(seconds, x)}
${names.join('\n')}
${axis(total, x, height)}
</svg>`
}

function rates(seconds: readonly SecondSummary[], x: (second: number) => number): string {
  const most = Math.max(1, ...seconds.map(({ acked }) => acked))
  const y = (acked: number) => TOP + RATE_HEIGHT - (acked / most) * RATE_HEIGHT
  const points = seconds.map(({ second, acked }) => `${px(x(second))},${px(y(acked))}`)
  return `<text x="${LEFT}" y="${TOP - 8}">messages acked a second</text>
<text class="tick" x="${LEFT - 6}" y="${TOP + 4}">${most}</text><text class="tick" x="${LEFT - 6}" y="${TOP + RATE_HEIGHT}">0</text>
<polyline class="rate" points="${points.join(' ')}"/>`
}

function latencies(seconds: readonly SecondSummary[], x: (second: number) => number): string {
  const top = TOP + RATE_HEIGHT + GAP
  const y = (ms: number) => {
    const share =
      Math.log(Math.min(MOST_MS, Math.max(LEAST_MS, ms)) / LEAST_MS) / Math.log(MOST_MS / LEAST_MS)
    return top + LATENCY_HEIGHT * (1 - share)
  }
  const line = (name: string, of: (second: SecondSummary) => number | null) => {
    const points = seconds.flatMap((one) => {
      const ms = of(one)
      return ms === null ? [] : [`${px(x(one.second))},${px(y(ms))}`]
    })
    return `<polyline class="${name}" points="${points.join(' ')}"/>`
  }
  const grid = DECADES.map(
    (ms) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - 10}" y1="${px(y(ms))}" y2="${px(y(ms))}"/><text class="tick" x="${LEFT - 6}" y="${px(y(ms) + 4)}">${ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`}</text>`,
  )
  return `<text x="${LEFT}" y="${top - 10}">latency by second: <tspan class="ack-key">ack, p99</tspan>, <tspan class="p50-key">ack to push, p50</tspan>, <tspan class="p99-key">ack to push, p99</tspan></text>
${grid.join('\n')}
${line('ack', ({ ack }) => ack.p99)}
${line('p50', ({ delivery }) => delivery.p50)}
${line('p99', ({ delivery }) => delivery.p99)}`
}

function axis(total: number, x: (second: number) => number, height: number): string {
  const step = [5, 10, 30, 60, 300, 600].find((one) => total / one <= 14) ?? 3_600
  const ticks = Array.from({ length: Math.floor(total / step) + 1 }, (_, index) => index * step)
  return ticks
    .map((second) => `<text class="time" x="${px(x(second))}" y="${height - 6}">${second} s</text>`)
    .join('')
}

/** Names that would stand in each other go to lanes below each other. */
function lanesOf(faults: readonly FaultReport[]): number[] {
  const shown = 6
  return faults.map((_, index) => index % shown)
}

/** In seconds. */
function spanOf({ begunAt, undoneAt }: FaultReport): [number, number] {
  return [begunAt / 1000, (undoneAt ?? begunAt) / 1000]
}

function px(value: number): string {
  return value.toFixed(1)
}
