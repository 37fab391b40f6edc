// The files of a message: images by their thumbnails, everything else by name. Addresses of files are good for a few
// minutes only, so each is asked for when it is needed.

import { button, el, type Row } from './dom.js'
import { isNotFound, pause, RETRY_MS } from './failures.js'
import { sizeLabel, typeLabel } from './file-labels.js'
import type { WhenNear } from './near.js'
import type { Attachment } from './types.js'

export interface AttachmentActions {
  thumbnailUrl(file: Attachment): Promise<string>
  openFile(file: Attachment): void
}

export type AttachmentRow = Attachment & { key: string }

/** Shown as what it is, not by its name: an image that the server could look into. */
export const isPicture = (file: Attachment): file is Picture =>
  file.mime.startsWith('image/') && file.width !== null && file.height !== null

type Picture = Attachment & { width: number; height: number }

const LONGEST_SIDE_PX = 240
// Less of an image could be neither recognised nor hit.
const SHORTEST_SIDE_PX = 48
const TRIES = 3

export const createAttachmentRow = (
  file: AttachmentRow,
  actions: AttachmentActions,
  whenNear: WhenNear,
): Row<AttachmentRow> => {
  const root = el('li', { class: 'attachment' })
  root.append(isPicture(file) ? createPicture(file, actions, whenNear) : createFileLink(file, actions))
  // A file never changes.
  return { root, update: () => undefined }
}

const createFileLink = (file: Attachment, { openFile }: AttachmentActions): HTMLElement => {
  const link = button('', () => openFile(file), {
    class: 'file',
    testid: 'file',
    attributes: { role: 'link' },
  })
  link.append(
    el('span', { class: 'file-type', text: typeLabel(file.name), attributes: { 'aria-hidden': 'true' } }),
    el('span', { class: 'file-about' }, [
      el('span', { class: 'file-name', text: file.name, attributes: { dir: 'auto' } }),
      el('span', { class: 'file-size', text: `${typeLabel(file.name)}, ${sizeLabel(file.size)}` }),
    ]),
  )
  return link
}

const createPicture = (file: Picture, actions: AttachmentActions, whenNear: WhenNear): HTMLElement => {
  const image = el('img', { testid: 'image', attributes: { alt: file.name } })
  const opener = button('', () => actions.openFile(file), {
    class: 'picture',
    attributes: { role: 'link', title: file.name },
  })
  opener.append(image)
  // The place is free before anything is loaded, whatever the width of the bubble.
  const box = boxOf(file)
  opener.style.setProperty('--width', `${box.width}px`)
  opener.style.setProperty('--ratio', `${box.width} / ${box.height}`)
  let tries = 0

  const load = async () => {
    tries += 1
    try {
      image.src = await actions.thumbnailUrl(file)
    } catch (error) {
      // Not every image can be made a thumbnail of.
      if (isNotFound(error)) opener.replaceWith(createFileLink(file, actions))
      else await tryAgain()
    }
  }

  const tryAgain = async () => {
    if (tries >= TRIES) {
      opener.replaceWith(createFileLink(file, actions))
      return
    }
    // At once at first: most often the address has only become too old.
    await pause(RETRY_MS * (tries - 1))
    await load()
  }

  image.addEventListener('error', () => void tryAgain())
  whenNear(opener, () => void load())
  return opener
}

/** In CSS pixels: as large as the image itself where that fits. */
const boxOf = ({ width, height }: Picture): { width: number; height: number } => {
  const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(width, height))
  const side = (pixels: number) => Math.max(SHORTEST_SIDE_PX, Math.round(pixels * scale))
  return { width: side(width), height: side(height) }
}
