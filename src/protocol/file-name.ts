import { FILE_TYPES, type FileType, hasExtension } from './file-types.js'

const NAME_LENGTH = 120

/** No file system has names as long; what comes from outside may have megabytes. */
const READ_LENGTH = 1024

/** Nothing to see: control characters, marks that turn the direction of text, joiners, fillers, lone surrogates. */
const INVISIBLE = /(?!\s)[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu

/** Names of devices on Windows, whatever their extension. */
const RESERVED = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)/i

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** What follows the last dot, in lower case; undefined when that is nothing a known type's extension could be. */
export function extensionOf(name: string): string | undefined {
  return /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase()
}

/**
 * The name of a file of that type, harmless on every system, from what somebody calls theirs: no path, nothing
 * invisible, at most 120 UTF-16 units, never empty, the extension one of the type's. Cleaning it again changes nothing.
 */
export function cleanFileName(name: string, type: FileType): string {
  const base = (name.slice(-READ_LENGTH).split(/[/\\]/).at(-1) ?? '')
    .replace(INVISIBLE, '')
    .replace(/\s+/g, ' ')
    .normalize('NFC')
    .replace(/^[. ]+|[. ]+$/g, '')
  const isRight = hasExtension(type, extensionOf(base))
  const end = isRight ? base.slice(base.lastIndexOf('.')) : `.${FILE_TYPES[type].extensions[0]}`
  const stem = isRight ? base.slice(0, -end.length) : base
  const fitting = cut(stem, NAME_LENGTH - end.length) || 'file'
  return fitting.replace(RESERVED, (device) => `_${device.slice(1)}`) + end
}

/** The whole graphemes that fit into so many UTF-16 units. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text
  let end = 0
  for (const { index, segment } of GRAPHEMES.segment(text)) {
    if (index + segment.length > length) break
    end = index + segment.length
  }
  return text.slice(0, end)
}

/**
 * The header's value for a file of that name (RFC 6266, RFC 8187): in ASCII for whoever reads no better, then whole.
 * Whatever the name, it is one line of printable ASCII.
 */
export function contentDisposition(name: string, inline: boolean): string {
  // Browsers differ in what they make of a backslash or a percent sign between quotes.
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/gu, '_')
  const whole = encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, percentEncoded)
  return `${inline ? 'inline' : 'attachment'}; filename="${ascii}"; filename*=UTF-8''${whole}`
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
