// Where the next message is put together: its text, and the files that go with it.

import { el } from './dom.js'
import { createTrayView, type TrayActions, type TrayModel } from './tray-view.js'

export interface ComposerModel extends TrayModel {
  canAttach: boolean
}

export interface ComposerActions extends TrayActions {
  /** False keeps the text. */
  send(text: string): boolean
  input(text: string): void
  leave(): void
  attach(files: File[]): void
}

/** What a clipboard holds as files and not as text. */
const pastedFiles = (clipboard: DataTransfer | null): File[] => {
  if (!clipboard) return []
  // A copied table or paragraph is text, markup, and a picture of itself: the text is meant.
  const isRichText = clipboard.types.includes('text/plain') && clipboard.types.includes('text/html')
  return isRichText ? [] : [...clipboard.files]
}

export const createComposer = (actions: ComposerActions) => {
  const tray = createTrayView(actions)
  const picker = el('input', {
    class: 'visually-hidden',
    testid: 'attach',
    attributes: { type: 'file', multiple: '', 'aria-label': 'Attach files' },
  })
  const clip = el('label', { class: 'clip', attributes: { title: 'Attach files' } }, [picker])
  const field = el('textarea', {
    testid: 'composer',
    attributes: { rows: '1', 'aria-label': 'Message', placeholder: 'Message', autocomplete: 'off' },
  })
  const sendButton = el('button', {
    class: 'primary',
    text: 'Send',
    testid: 'send',
    attributes: { type: 'submit' },
  })
  const root = el('form', { class: 'composer' }, [
    tray.root,
    el('div', { class: 'composer-line' }, [clip, field, sendButton]),
  ])

  const submit = () => {
    if (actions.send(field.value)) field.value = ''
    field.focus()
  }
  root.addEventListener('submit', (event) => {
    event.preventDefault()
    submit()
  })
  field.addEventListener('keydown', (event) => {
    // While an input method is composing, Enter chooses a candidate.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    submit()
  })
  field.addEventListener('input', () => actions.input(field.value))
  field.addEventListener('blur', actions.leave)
  field.addEventListener('paste', (event) => {
    const files = pastedFiles(event.clipboardData)
    if (clip.hidden || files.length === 0) return
    event.preventDefault()
    actions.attach(files)
  })
  picker.addEventListener('change', () => {
    actions.attach([...(picker.files ?? [])])
    // Or else choosing the same file again would change nothing.
    picker.value = ''
    field.focus()
  })

  return {
    root,
    render(model: ComposerModel) {
      clip.hidden = !model.canAttach
      tray.render(model)
      sendButton.disabled = model.files.some(({ state }) => state.kind !== 'ready')
    },
    text: () => field.value,
    setText: (text: string) => {
      field.value = text
    },
    focus: () => field.focus({ preventScroll: true }),
  }
}
