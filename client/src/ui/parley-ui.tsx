import { createContext, type ReactNode, useContext, useMemo } from 'react'
import { createFormats, type Formats } from './formats.js'
import type { Labels } from './labels.js'
import { english } from './labels-en.js'

interface Ui {
  readonly labels: Labels
  readonly formats: Formats
}

const UiContext = createContext<Ui>({ labels: english, formats: createFormats(english.locale, english) })

export interface ParleyUIProps {
  /** Default: English. */
  readonly labels?: Labels | undefined
  /** How dates, times and numbers are written; absent: as in the language of the labels. */
  readonly locale?: string | undefined
  /** Absent: the direction of the labels' language. */
  readonly dir?: 'ltr' | 'rtl' | undefined
  /** Default: `auto`, as the device has it. */
  readonly theme?: 'auto' | 'light' | 'dark' | undefined
  readonly children?: ReactNode
}

/** The root of the kit: words, formats, direction and colours for what is inside. It fills its parent. */
export function ParleyUI({ labels = english, locale, dir, theme = 'auto', children }: ParleyUIProps) {
  const written = locale ?? labels.locale
  const ui = useMemo(() => ({ labels, formats: createFormats(written, labels) }), [labels, written])
  return (
    <UiContext.Provider value={ui}>
      <div className="parley-ui" lang={labels.locale} dir={dir ?? labels.dir} data-theme={theme}>
        {children}
      </div>
    </UiContext.Provider>
  )
}

/** The words and formats of the nearest `ParleyUI`. */
export function useUi(): Ui {
  return useContext(UiContext)
}
