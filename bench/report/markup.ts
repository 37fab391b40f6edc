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
