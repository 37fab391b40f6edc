import { useObservable } from './cell.js'
import icon from './icon.svg'
import { LANGUAGES, language, THEMES, theme } from './settings.js'

const THEME_NAMES = { auto: 'Auto', light: 'Light', dark: 'Dark' } as const
const LANGUAGE_NAMES = { en: 'English', de: 'Deutsch', ar: 'العربية' } as const

export function Masthead() {
  const chosenTheme = useObservable(theme)
  const chosenLanguage = useObservable(language)
  return (
    <header className="masthead">
      <img src={icon} alt="" width="28" height="28" />
      <h1>Parley</h1>
      <p>Chat for marketplaces. Both phones are live: write on one and watch the other.</p>
      <nav aria-label="Reference">
        <a href="/docs">Docs</a>
        <a href="/openapi.json">OpenAPI</a>
      </nav>
      <label className="choice">
        <span>Theme</span>
        <select
          data-testid="theme"
          value={chosenTheme}
          onChange={(event) => choose(theme, THEMES, event.target.value)}
        >
          {THEMES.map((choice) => (
            <option key={choice} value={choice}>
              {THEME_NAMES[choice]}
            </option>
          ))}
        </select>
      </label>
      <label className="choice">
        <span>Language of the phones</span>
        <select
          data-testid="language"
          value={chosenLanguage}
          onChange={(event) => choose(language, LANGUAGES, event.target.value)}
        >
          {LANGUAGES.map((choice) => (
            <option key={choice} value={choice} lang={choice}>
              {LANGUAGE_NAMES[choice]}
            </option>
          ))}
        </select>
      </label>
    </header>
  )
}

function choose<T extends string>(
  setting: { set(next: T): void },
  choices: readonly T[],
  value: string,
): void {
  const chosen = choices.find((choice) => choice === value)
  if (chosen !== undefined) setting.set(chosen)
}
