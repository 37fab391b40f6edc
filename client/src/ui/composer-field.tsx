import { type ClipboardEvent, forwardRef, type KeyboardEvent } from 'react'
import { pastedFiles } from './files-taken.js'
import { useUi } from './parley-ui.js'

export interface ComposerFieldProps {
  readonly value: string
  readonly onChange: (text: string) => void
  readonly onEnter: () => void
  readonly onEscape: (() => void) | undefined
  readonly onArrowUp: (() => void) | undefined
  readonly onBlur: () => void
  readonly onFiles: ((files: readonly File[]) => void) | undefined
}

/** A field for text that grows with it. */
export const ComposerField = forwardRef<HTMLTextAreaElement, ComposerFieldProps>(function ComposerField(
  { value, onChange, onEnter, onEscape, onArrowUp, onBlur, onFiles },
  ref,
) {
  const { labels } = useUi()

  function onKeyDown(event: KeyboardEvent): void {
    // While an input method is composing, these keys are its own.
    if (event.nativeEvent.isComposing) return
    const act = actionOf(event)
    if (!act) return
    event.preventDefault()
    act()
  }

  function actionOf({ key, shiftKey }: KeyboardEvent): (() => void) | undefined {
    if (key === 'Enter') return shiftKey || isTouched() ? undefined : onEnter
    if (key === 'Escape') return onEscape
    return key === 'ArrowUp' ? onArrowUp : undefined
  }

  function onPaste(event: ClipboardEvent): void {
    const files = pastedFiles(event.clipboardData)
    if (!onFiles || files.length === 0) return
    event.preventDefault()
    onFiles(files)
  }

  return (
    // The copy of the text in the attribute gives the field its height, in CSS alone.
    <div className="parley-field" data-copy={`${value} `}>
      <textarea
        ref={ref}
        rows={1}
        // The placeholder is a word of this language.
        dir={value === '' ? undefined : 'auto'}
        data-testid="composer"
        aria-label={labels.message}
        placeholder={labels.message}
        autoComplete="off"
        enterKeyHint={isTouched() ? 'enter' : 'send'}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
        onBlur={onBlur}
      />
    </div>
  )
})

/** On a screen keyboard there is no Shift+Enter: Enter begins a line, and the button sends. */
function isTouched(): boolean {
  return typeof matchMedia === 'function' && matchMedia('(pointer: coarse)').matches
}
