import { type Axis, createScale, tickText } from './axis.js'
import { colour, createKey, escaped, px, WIDTH } from './markup.js'

/** Lines over an axis, as an SVG that needs nothing beside itself. */
export interface LinePlot {
  readonly kind: 'lines'
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly lines: readonly Line[]
  readonly bands?: readonly Band[]
}

export interface Line {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
  /** The same number, the same colour; absent: its own. */
  readonly colour?: number
  readonly isDashed?: boolean
}

/** A stretch of the horizontal axis that something special is true of. */
export interface Band {
  readonly name: string
  readonly from: number
  readonly to: number
}

/** Of what is plotted. */
const DEPTH = 290
const LEFT = 64
const RIGHT = 34
/** For the names of bands. */
const BAND_NAMES = 14
const BOTTOM = 24

export function toLineSvg({ title, x, y, lines, bands = [] }: LinePlot): string {
  const points = lines.flatMap((line) => line.points)
  const across = createScale(x, [...points.map(([at]) => at), ...bands.map(({ to }) => to)], true)
  const up = createScale(
    y,
    points.map(([, value]) => value),
  )
  const placeX = (value: number) => px(LEFT + across.shareOf(value) * (WIDTH - LEFT - RIGHT))
  const colourOf = (line: Line, index: number) => colour(line.colour ?? index)
  const key = createKey(
    `${title}, ${y.unit}`,
    LEFT,
    lines.map((line, index) => ({
      name: `${line.isDashed ? '- -' : '—'} ${line.name}`,
      fill: colourOf(line, index),
    })),
  )
  const top = key.height + (bands.length > 0 ? BAND_NAMES : 0)
  const bottom = top + DEPTH
  const placeY = (value: number) => px(bottom - up.shareOf(value) * DEPTH)

  const shades = bands.map(({ name, from, to }) => {
    const width = px(Number(placeX(to)) - Number(placeX(from)))
    return `<rect class="band" x="${placeX(from)}" y="${top}" width="${width}" height="${DEPTH}"/><text x="${placeX(from)}" y="${top - 4}">${escaped(name)}</text>`
  })
  const levels = up.ticks.map(
    (tick) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${placeY(tick)}" y2="${placeY(tick)}"/><text class="tick" x="${LEFT - 6}" y="${placeY(tick)}">${tickText(tick)}</text>`,
  )
  const drawn = lines.map((line, index) => {
    const dash = line.isDashed ? ' stroke-dasharray="5 4"' : ''
    const places = line.points.map(([at, value]) => `${placeX(at)},${placeY(value)}`).join(' ')
    return `<polyline stroke="${colourOf(line, index)}"${dash} points="${places}"/>`
  })
  const below = across.ticks.map(
    (tick) =>
      `<text class="time" x="${placeX(tick)}" y="${bottom + 18}">${tickText(tick)} ${escaped(x.unit)}</text>`,
  )
  return `<svg viewBox="0 0 ${WIDTH} ${bottom + BOTTOM}" role="img" aria-label="${escaped(title)}">
${key.markup}
${[...shades, ...levels, ...drawn, ...below].join('\n')}
</svg>`
}
