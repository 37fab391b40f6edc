// The files of a tray, one under the other, above the text that they go with.

import { button, createKeyedRows, el, type Row, setText } from './dom.js'
import { sizeLabel, typeLabel } from './file-labels.js'
import type { ChosenFile, UploadState } from './tray.js'

export interface TrayModel {
  files: ChosenFile[]
  refusal: string
}

export interface TrayActions {
  retryFile(key: string): void
  removeFile(key: string): void
}

const stateLabel = (state: UploadState, size: string): string => {
  switch (state.kind) {
    case 'waiting':
      return `${size}, waiting`
    case 'sending':
      return state.sent < 1 ? `${size}, ${Math.floor(state.sent * 100)} %` : `${size}, finishing`
    case 'checking':
      return `${size}, being scanned`
    case 'ready':
      return `${size}, ready`
    case 'failed':
      return state.reason
  }
}

const noteOf = ({ files, refusal }: TrayModel): string => {
  const hasFailed = files.some(({ state }) => state.kind === 'failed')
  const mend = hasFailed ? 'To send the rest, remove what could not be uploaded.' : ''
  return [refusal, mend].filter((text) => text !== '').join(' ')
}

const createPreview = ({ file, preview }: ChosenFile): HTMLElement => {
  const label = el('span', {
    class: 'file-type',
    text: typeLabel(file.name),
    attributes: { 'aria-hidden': 'true' },
  })
  if (preview === null) return label
  const image = el('img', { class: 'chip-image', attributes: { alt: '', src: preview } })
  // Not every image is one that this browser can show.
  image.addEventListener('error', () => image.replaceWith(label))
  return image
}

const createChip = (chosen: ChosenFile & { key: string }, actions: TrayActions): Row<ChosenFile> => {
  const { key, file } = chosen
  const about = el('span', { class: 'file-size', testid: 'chip-state' })
  const progress = el('progress', {
    class: 'chip-progress',
    testid: 'chip-progress',
    attributes: { max: '1', 'aria-label': `Upload of ${file.name}` },
  })
  const retry = button('Try again', () => actions.retryFile(key), { class: 'link', testid: 'chip-retry' })
  const remove = button('×', () => actions.removeFile(key), {
    class: 'chip-remove',
    testid: 'chip-remove',
    attributes: { 'aria-label': `Remove ${file.name}` },
  })
  const root = el('li', { class: 'chip', testid: 'chip' }, [
    createPreview(chosen),
    el('span', { class: 'file-about' }, [
      el('span', { class: 'file-name', text: file.name, attributes: { dir: 'auto' } }),
      about,
      progress,
    ]),
    retry,
    remove,
  ])

  return {
    root,
    update({ state }) {
      root.dataset.state = state.kind
      setText(about, stateLabel(state, sizeLabel(file.size)))
      progress.hidden = state.kind === 'ready' || state.kind === 'failed'
      // Without a value it shows that something goes on, and not how far it is.
      if (state.kind === 'waiting') progress.value = 0
      else if (state.kind === 'sending' && state.sent < 1) progress.value = state.sent
      else progress.removeAttribute('value')
      retry.hidden = state.kind !== 'failed' || !state.canRetry
    },
  }
}

export const createTrayView = (actions: TrayActions) => {
  const list = el('ul', { class: 'chips', attributes: { 'aria-label': 'Files to send' } })
  const note = el('p', { class: 'tray-note', testid: 'tray-note', attributes: { role: 'status' } })
  const root = el('div', { class: 'tray' }, [list, note])
  const rows = createKeyedRows<ChosenFile>(list, (chosen) => createChip(chosen, actions))

  return {
    root,
    render(model: TrayModel) {
      rows.render(model.files)
      list.hidden = model.files.length === 0
      setText(note, noteOf(model))
    },
  }
}
