// Files in words.

import type { Attachment } from './types.js'

const number = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 2 })
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 })

/** `bytes` in the largest unit that leaves a number above 1. */
export const sizeLabel = (bytes: number): string => {
  if (bytes < 1024) return bytes === 1 ? '1 byte' : `${bytes} bytes`
  const units = ['KB', 'MB', 'GB']
  let size = bytes / 1024
  while (size >= 1000 && units.length > 1) {
    size /= 1024
    units.shift()
  }
  return `${(size < 10 ? number : whole).format(size)} ${units[0]}`
}

/** What people call a type of file: its extension. */
export const typeLabel = (name: string): string =>
  /\.([a-z0-9]{1,5})$/i.exec(name)?.[1]?.toUpperCase() ?? 'FILE'

/** In place of a text that a message does not have. */
export const filesLabel = (files: Pick<Attachment, 'name' | 'mime'>[]): string => {
  const [first, ...rest] = files
  if (!first) return ''
  const arePhotos = files.every(({ mime }) => mime.startsWith('image/'))
  if (rest.length === 0) return arePhotos ? 'Photo' : first.name
  return `${files.length} ${arePhotos ? 'photos' : 'files'}`
}
