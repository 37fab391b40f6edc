import { ParleyError } from '../protocol/errors.js'
import { CONTENT_BYTES } from '../protocol/limits.js'

/**
 * What a message may say; `mayBeEmpty` for one that has attachments.
 *
 * @throws ParleyError `bad_request`, `too_large`
 */
export function checkContent(content: string, mayBeEmpty: boolean): void {
  if (content === '' && !mayBeEmpty) throw new ParleyError('bad_request', 'content: must not be empty')
  // A string has at most three bytes for each of its units: most messages need no count.
  if (content.length * 3 > CONTENT_BYTES && Buffer.byteLength(content) > CONTENT_BYTES)
    throw new ParleyError('too_large', `content: at most ${CONTENT_BYTES} bytes`)
}
