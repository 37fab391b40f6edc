import { type Cell, createCell } from './cell.js'

export const THEMES = ['auto', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

export const LANGUAGES = ['en', 'de', 'ar'] as const
export type Language = (typeof LANGUAGES)[number]

/** Kept over a reload, where the browser keeps anything. */
export const theme = kept('parley-demo-theme', THEMES, 'auto')
export const language = kept('parley-demo-language', LANGUAGES, 'en')

theme.subscribe(applyTheme)
applyTheme()

function applyTheme(): void {
  document.documentElement.dataset.theme = theme.state
}

function kept<T extends string>(key: string, choices: readonly T[], first: T): Cell<T> {
  const cell = createCell(choices.find((choice) => choice === stored(key)) ?? first)
  cell.subscribe(() => {
    try {
      localStorage.setItem(key, cell.state)
    } catch {
      // A browser that keeps nothing: the choice lasts as long as the page.
    }
  })
  return cell
}

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}
