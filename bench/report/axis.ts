/** From numbers to places on a plot, and the numbers that are written beside it. */

export interface Axis {
  readonly unit: string
  /** Latencies and rates are logarithmic, what is counted is linear. */
  readonly scale: 'linear' | 'logarithmic'
}

export interface Scale {
  /** 0 at the axis' beginning, 1 at its end. */
  shareOf(value: number): number
  readonly ticks: readonly number[]
}

/** Linear from 0 on. Logarithmic from a power of ten that is not above the least, or from the least itself when `isTight`. */
export function createScale({ scale }: Axis, values: readonly number[], isTight = false): Scale {
  const most = Math.max(...values, scale === 'linear' ? 0 : Number.MIN_VALUE)
  if (scale === 'linear') {
    const ticks = evenTicks(most > 0 ? most : 1)
    const end = isTight ? most || 1 : (ticks.at(-1) ?? 1)
    return { ticks: ticks.filter((tick) => tick <= end), shareOf: (value) => value / end }
  }
  const positive = values.filter((value) => value > 0)
  const least = positive.length === 0 ? 1 : Math.min(...positive)
  const [from, to] = isTight ? [least, most] : [powerBelow(least), powerAbove(most)]
  const span = Math.log(to / from) || 1
  const ticks = isTight ? [...new Set(positive)] : decades(from, to)
  return { ticks, shareOf: (value) => Math.log(Math.max(from, value) / from) / span }
}

/** "1,500" and "0.1", whatever the size. */
export function tickText(value: number): string {
  return Number(value.toPrecision(6)).toLocaleString('en-GB')
}

function evenTicks(most: number): number[] {
  const magnitude = 10 ** Math.floor(Math.log10(most))
  const step = [0.2, 0.5, 1, 2].map((part) => part * magnitude).find((one) => most / one <= 6) ?? magnitude
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, index) =>
    Number((index * step).toPrecision(6)),
  )
}

function decades(from: number, to: number): number[] {
  const ticks: number[] = []
  for (let tick = from; tick <= to * 1.001; tick *= 10) ticks.push(Number(tick.toPrecision(6)))
  return ticks
}

function powerBelow(value: number): number {
  return 10 ** Math.floor(Math.log10(value))
}

function powerAbove(value: number): number {
  return 10 ** Math.ceil(Math.log10(value))
}
