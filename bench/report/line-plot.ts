import { type Axis, createScale, tickText } from './axis.js'
import { colour, escaped, px, WIDTH } from './markup.js'

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

const HEIGHT = 360
const LEFT = 64
const RIGHT = 34
const TOP = 46
const BOTTOM = 24

export function toLineSvg({ title, x, y, lines, bands = [] }: LinePlot): string {
  const points = lines.flatMap((line) => line.points)
  const across = createScale(x, [...points.map(([at]) => at), ...bands.map(({ to }) => to)], true)
  const up = createScale(
    y,
    points.map(([, value]) => value),
  )
  const placeX = (value: number) => px(LEFT + across.shareOf(value) * (WIDTH - LEFT - RIGHT))
  const placeY = (value: number) => px(HEIGHT - BOTTOM - up.shareOf(value) * (HEIGHT - TOP - BOTTOM))
  const colourOf = (line: Line, index: number) => colour(line.colour ?? index)

  const keys = lines.map(
    (line, index) =>
      `<tspan dx="14" fill="${colourOf(line, index)}">${line.isDashed ? '- - ' : '— '}${escaped(line.name)}</tspan>`,
  )
  const shades = bands.map(({ name, from, to }) => {
    const width = px(Number(placeX(to)) - Number(placeX(from)))
    return `<rect class="band" x="${placeX(from)}" y="${TOP}" width="${width}" height="${HEIGHT - TOP - BOTTOM}"/><text x="${placeX(from)}" y="${TOP - 8}">${escaped(name)}</text>`
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
      `<text class="time" x="${placeX(tick)}" y="${HEIGHT - 6}">${tickText(tick)} ${escaped(x.unit)}</text>`,
  )
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">
<text x="${LEFT}" y="14">${escaped(`${title}, ${y.unit}`)}:${keys.join('')}</text>
${[...shades, ...levels, ...drawn, ...below].join('\n')}
</svg>`
}
