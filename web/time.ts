const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' })
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })

const dayNumber = (at: Date): number =>
  Math.round(new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime() / 86_400_000)

export const clockTime = (iso: string): string => clock.format(new Date(iso))

export const dayLabel = (iso: string): string => {
  const at = new Date(iso)
  const daysAgo = dayNumber(new Date()) - dayNumber(at)
  return daysAgo === 0 ? 'Today' : daysAgo === 1 ? 'Yesterday' : date.format(at)
}

/** Short enough for a list: the time today, the day before that. */
export const listTime = (iso: string): string => (dayLabel(iso) === 'Today' ? clockTime(iso) : dayLabel(iso))

export const lastSeenLabel = (iso: string): string =>
  dayLabel(iso) === 'Today' ? `last seen ${clockTime(iso)}` : `last seen ${dayLabel(iso)}`
