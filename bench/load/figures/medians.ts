/** What of several runs is told. */

/** Null where no run has a number; of an even count the lower one of the middle, which was measured. */
export function median(values: readonly (number | null)[]): number | null {
  const sorted = numbersOf(values).sort((one, other) => one - other)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null
}

/** How often the one is of the other; null where that is nothing. */
export function ratio(one: number | null, other: number | null): number | null {
  return one === null || other === null || other === 0 ? null : one / other
}

/** A number as people read it: three digits, more where it has them before the point. */
export function shown(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '-'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-GB')
  return String(Number(value.toPrecision(3)))
}

/** The median, and from the least to the most where there was more than one run. */
export function shownRuns(values: readonly (number | null)[]): string {
  const numbers = numbersOf(values)
  const middle = shown(median(values))
  if (numbers.length < 2) return middle
  return `${middle} (${shown(Math.min(...numbers))}–${shown(Math.max(...numbers))})`
}

function numbersOf(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null)
}
