import { createScale, tickText } from './axis.js'
import { colour, createKey, escaped, px, WIDTH, widthOf } from './markup.js'

/** Bars of stacked parts beside each other's names, as an SVG that needs nothing beside itself. */
export interface BarPlot {
  readonly kind: 'bars'
  readonly title: string
  readonly unit: string
  /** What each bar is made of, from the left. */
  readonly parts: readonly string[]
  readonly bars: readonly { readonly name: string; readonly values: readonly number[] }[]
}

const LEAST_LEFT = 64
const RIGHT = 70
const ROW = 30
const THICKNESS = 18
const BOTTOM = 24

export function toBarSvg({ title, unit, parts, bars }: BarPlot): string {
  const totals = bars.map(({ values }) => values.reduce((sum, value) => sum + value, 0))
  const { ticks, shareOf } = createScale({ unit, scale: 'linear' }, totals)
  const left = Math.max(LEAST_LEFT, widthOf(bars.map(({ name }) => name)) + 16)
  const key = createKey(
    `${title}, ${unit}`,
    left,
    parts.map((part, index) => ({ name: `■ ${part}`, fill: colour(index) })),
  )
  const top = key.height
  const height = top + bars.length * ROW + BOTTOM
  const place = (value: number) => left + shareOf(value) * (WIDTH - left - RIGHT)

  const levels = ticks.map(
    (tick) =>
      `<line class="grid" x1="${px(place(tick))}" x2="${px(place(tick))}" y1="${top}" y2="${height - BOTTOM}"/><text class="time" x="${px(place(tick))}" y="${height - 6}">${tickText(tick)}</text>`,
  )
  const rows = bars.map(({ name, values }, row) => {
    const y = top + row * ROW
    let from = 0
    const pieces = values.map((value, index) => {
      const [start, end] = [place(from), place(from + value)]
      from += value
      return `<rect x="${px(start)}" y="${y}" width="${px(end - start)}" height="${THICKNESS}" fill="${colour(index)}"/>`
    })
    const total = tickText(Number((totals[row] ?? 0).toPrecision(3)))
    return `<text class="tick" x="${left - 8}" y="${y + 13}">${escaped(name)}</text>${pieces.join('')}<text x="${px(place(from) + 6)}" y="${y + 13}">${total}</text>`
  })
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">
${key.markup}
${[...levels, ...rows].join('\n')}
</svg>`
}
