import type { Attachment, Message } from '../protocol.js'
import type { Labels } from './labels.js'

/** The newest message in one line; `isGroup` says also who of the others has said it. */
export function snippetOf(
  message: Message,
  ownId: string | undefined,
  labels: Labels,
  isGroup: boolean,
): string {
  const text = message.deletedAt ? labels.deleted : message.content || filesText(message.attachments, labels)
  if (message.kind === 'system') return text
  if (message.sender.id === ownId) return labels.said(labels.you, text)
  return isGroup ? labels.said(message.sender.fullName, text) : text
}

/** In place of a text that a message does not have. */
export function filesText(files: readonly Attachment[], labels: Labels): string {
  if (files.length > 0 && files.every(({ mime }) => mime.startsWith('image/')))
    return labels.photos(files.length)
  return files.length === 1 ? (files[0]?.name ?? '') : labels.files(files.length)
}
