import { type FocusEvent, type KeyboardEvent, useState } from 'react'

const ROW = '[data-roving]'

/**
 * One stop of the Tab key for a whole list; arrows, Home and End move inside it. The elements that can be moved to have
 * `data-roving` with their id.
 */
export function useRovingFocus(ids: readonly string[], preferred: string | null | undefined) {
  const [focused, setFocused] = useState<string | null>(null)
  const stop = [focused, preferred].find((id) => typeof id === 'string' && ids.includes(id)) ?? ids[0]

  return {
    tabIndexOf: (id: string) => (id === stop ? 0 : -1),

    listProps: {
      onFocus(event: FocusEvent<HTMLElement>) {
        const row = event.target.closest<HTMLElement>(ROW)
        if (row?.dataset.roving) setFocused(row.dataset.roving)
      },
      onKeyDown(event: KeyboardEvent<HTMLElement>) {
        const rows = [...event.currentTarget.querySelectorAll<HTMLElement>(ROW)]
        const at = rows.findIndex((row) => row.matches(':focus'))
        const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key]
        if (at < 0 || next === undefined) return
        event.preventDefault()
        rows[Math.max(0, Math.min(next, rows.length - 1))]?.focus()
      },
    },
  }
}
