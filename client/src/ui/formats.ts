import type { Labels } from './labels.js'

export type Formats = ReturnType<typeof createFormats>

const DAY_MS = 86_400_000
const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte']

/** Times, sizes and numbers as they are written in this locale. */
export function createFormats(locale: string, labels: Labels) {
  const clock = new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' })
  const weekday = new Intl.DateTimeFormat(locale, { weekday: 'long' })
  const date = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' })
  const fullDate = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric' })
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'short' })
  const number = new Intl.NumberFormat(locale)

  function day(iso: string): string {
    const at = new Date(iso)
    const now = new Date()
    const ago = dayNumber(now) - dayNumber(at)
    if (ago === 0) return labels.today
    if (ago === 1) return labels.yesterday
    if (ago > 1 && ago < 7) return weekday.format(at)
    return (at.getFullYear() === now.getFullYear() ? date : fullDate).format(at)
  }

  const isToday = (iso: string) => dayNumber(new Date(iso)) === dayNumber(new Date())

  return {
    clock: (iso: string) => clock.format(new Date(iso)),
    day,
    moment: (iso: string) => moment.format(new Date(iso)),
    /** Short enough for a list: the time today, the day before that. */
    listTime: (iso: string) => (isToday(iso) ? clock.format(new Date(iso)) : day(iso)),
    number: (count: number) => number.format(count),

    /** In the largest unit that leaves a number above 1. */
    size(bytes: number): string {
      const power = Math.min(UNITS.length - 1, Math.floor(Math.log(Math.max(1, bytes)) / Math.log(1024)))
      const size = bytes / 1024 ** power
      return new Intl.NumberFormat(locale, {
        style: 'unit',
        unit: UNITS[power] ?? 'byte',
        unitDisplay: power === 0 ? 'long' : 'short',
        maximumFractionDigits: size < 10 ? 1 : 0,
      }).format(size)
    },
  }
}

/** Counted in the days of this machine's time zone. */
export function dayNumber(at: Date): number {
  return Math.round(new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime() / DAY_MS)
}
