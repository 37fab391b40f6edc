import type { Limits } from '../protocol.js'
import type { Formats } from './formats.js'
import type { Labels } from './labels.js'

export interface FilesTaken {
  readonly taken: readonly File[]
  /** Why not all of them; empty when all are. */
  readonly refusal: string
}

/** Which of the chosen files may go into a message that has so many already. */
export function filesTaken(
  chosen: readonly File[],
  already: number,
  limits: Limits,
  { labels, formats }: { labels: Labels; formats: Formats },
): FilesTaken {
  const { attachmentBytes, attachmentsPerMessage } = limits
  const large = chosen.find(({ size }) => size > attachmentBytes)
  const small = chosen.filter(({ size }) => size <= attachmentBytes)
  const taken = small.slice(0, Math.max(0, attachmentsPerMessage - already))
  const refusals = [
    large && labels.fileTooLarge(large.name, formats.size(attachmentBytes)),
    taken.length < small.length && labels.tooManyFiles(attachmentsPerMessage),
  ]
  return { taken, refusal: refusals.filter(Boolean).join(' ') }
}

/** What a clipboard holds as files and not as text. */
export function pastedFiles(clipboard: DataTransfer): File[] {
  // A copied table or paragraph is text, markup, and a picture of itself: the text is meant.
  const isRichText = clipboard.types.includes('text/plain') && clipboard.types.includes('text/html')
  return isRichText ? [] : [...clipboard.files]
}
