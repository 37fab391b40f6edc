/** What plots and pages have in common as markup. */

export const WIDTH = 1100
const COLOURS = ['#2563eb', '#dc2626', '#15803d', '#d97706', '#7c3aed', '#94a3b8']

export function colour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? 'black'
}

/** A length on a plot. */
export function px(value: number): string {
  return value.toFixed(1)
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

/** About what a character of a plot's font takes. */
const CHARACTER = 6

export interface Key {
  /** The names with their colours, as lines of text below the title. */
  readonly markup: string
  /** How high all of it is. */
  readonly height: number
}

/** A plot's title and, below it, what its colours mean: on as many lines as that needs. */
export function createKey(
  title: string,
  left: number,
  entries: readonly { name: string; fill: string }[],
): Key {
  const texts = [`<text x="${left}" y="14">${escaped(title)}</text>`]
  let [x, y] = [left, 32]
  for (const { name, fill } of entries) {
    const width = (name.length + 3) * CHARACTER
    if (x > left && x + width > WIDTH) [x, y] = [left, y + 16]
    texts.push(`<text x="${x}" y="${y}" style="fill:${fill}">${escaped(name)}</text>`)
    x += width
  }
  return { markup: texts.join(''), height: y + 8 }
}

/** How wide the longest of them is. */
export function widthOf(names: readonly string[]): number {
  return Math.max(0, ...names.map(({ length }) => length * CHARACTER))
}
