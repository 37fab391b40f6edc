/** A plot over time, as an SVG that needs nothing beside itself. */
export interface Plot {
  readonly title: string
  /** Of the latencies a logarithm, of what is counted the numbers themselves. */
  readonly scale: 'linear' | 'logarithmic'
  readonly lines: readonly Line[]
  readonly bands: readonly Band[]
}

export interface Line {
  readonly name: string
  /** In seconds, and in what the title says; at least 0. */
  readonly points: readonly (readonly [second: number, value: number])[]
}

export interface Band {
  readonly name: string
  readonly fromSecond: number
  readonly toSecond: number
}

const WIDTH = 1100
const HEIGHT = 360
const LEFT = 60
const RIGHT = 10
const TOP = 46
const BOTTOM = 24
/** What a logarithm begins at. */
const LEAST = 0.1
const COLOURS = ['#2563eb', '#dc2626', '#94a3b8', '#15803d']

export function toSvg({ title, scale, lines, bands }: Plot): string {
  const points = lines.flatMap((line) => line.points)
  const seconds = Math.max(
    1,
    ...bands.map(({ toSecond }) => toSecond),
    ...points.map(([second]) => Math.ceil(second)),
  )
  const most = points.reduce((highest, [, value]) => Math.max(highest, value), 1)
  const ticks = scale === 'linear' ? evenTicks(most) : decades(most)
  const top = ticks.at(-1) ?? 1
  const x = (second: number) => px(LEFT + (second / seconds) * (WIDTH - LEFT - RIGHT))
  const y = (value: number) => px(HEIGHT - BOTTOM - heightOf(value) * (HEIGHT - TOP - BOTTOM))

  function heightOf(value: number): number {
    return scale === 'linear' ? value / top : Math.log(Math.max(LEAST, value) / LEAST) / Math.log(top / LEAST)
  }

  const keys = lines.map(({ name }, index) => `<tspan dx="12" fill="${colour(index)}">${name}</tspan>`)
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
<text x="${LEFT}" y="14">${title}:${keys.join('')}</text>
${bands.map(({ name, fromSecond, toSecond }) => `<rect class="band" x="${x(fromSecond)}" y="${TOP}" width="${px(Number(x(toSecond)) - Number(x(fromSecond)))}" height="${HEIGHT - TOP - BOTTOM}"/><text x="${x(fromSecond)}" y="${TOP - 8}">${name}</text>`).join('\n')}
${ticks.map((tick) => `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(tick)}" y2="${y(tick)}"/><text class="tick" x="${LEFT - 6}" y="${y(tick)}">${tick}</text>`).join('\n')}
${lines.map((line, index) => `<polyline stroke="${colour(index)}" points="${line.points.map(([second, value]) => `${x(second)},${y(value)}`).join(' ')}"/>`).join('\n')}
${secondTicks(seconds)
  .map((second) => `<text class="time" x="${x(second)}" y="${HEIGHT - 6}">${second} s</text>`)
  .join('')}
</svg>`
}

function evenTicks(most: number): number[] {
  const magnitude = 10 ** Math.floor(Math.log10(most))
  const step = [0.2, 0.5, 1, 2].map((part) => part * magnitude).find((one) => most / one <= 6) ?? magnitude
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) =>
    Number((index * step).toPrecision(6)),
  )
}

function decades(most: number): number[] {
  const ticks = [LEAST]
  for (let tick = 1; (ticks.at(-1) ?? most) < most; tick *= 10) ticks.push(tick)
  return ticks
}

function secondTicks(seconds: number): number[] {
  const step = [1, 2, 5, 10, 30, 60].find((one) => seconds / one <= 14) ?? 300
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step)
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? 'black'
}

function px(value: number): string {
  return value.toFixed(1)
}
