import { fileTypeFromBuffer } from 'file-type'
import { extensionOf } from '../../protocol/file-name.js'
import { type FileType, hasExtension, isFileType } from '../../protocol/file-types.js'

/** As much of a file's beginning as `tellType` may be given. */
export const SAMPLE_BYTES = 64 * 1024

const TEXT_TYPES = ['text/plain', 'text/csv'] as const satisfies FileType[]

/** What file-type calls differently, or finer, than we do. */
const ALIASES: Record<string, FileType> = {
  'image/apng': 'image/png',
  'image/heif': 'image/heic',
  'image/heic-sequence': 'image/heic',
  'image/heif-sequence': 'image/heic',
  'video/x-m4v': 'video/mp4',
  'audio/x-m4a': 'audio/mp4',
  'audio/ogg; codecs=opus': 'audio/ogg',
}

/** MPEG layer I, which nobody sends: its frames begin with the mark of UTF-16. */
const TAKEN_FOR_UTF_16 = 'mp1'

const OFFICE_FOLDERS: readonly (readonly [string, FileType])[] = [
  ['word/', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['xl/', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['ppt/', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
]

/** Invoices made by scripts often have empty lines before them, and every viewer opens those. */
const PDF_HEAD = /^(\xef\xbb\xbf)?\s*%PDF-/
const PDF_HEAD_BYTES = 1024

/** Where in the header of a zip's entry its name begins. */
const ENTRY_HEADER = Buffer.from('PK\x03\x04')
const ENTRY_NAME_OFFSET = 30

/**
 * What a file is, told by its first bytes; undefined for what Parley does not know, and for an empty file. Never
 * throws, reads nothing beyond the sample, and inflates at most 16 MiB of it, piece by piece.
 *
 * Text has no signature: there the name's extension has its say too, and only there. It goes first because a letter
 * that begins with "BM" or "MAC " is no picture and no sound. With no extension it may be text too: it claims nothing.
 *
 * @param sample the first bytes, at most SAMPLE_BYTES
 * @param isWhole the sample is all there is
 */
export async function tellType(
  sample: Buffer,
  name: string,
  isWhole: boolean,
): Promise<FileType | undefined> {
  if (sample.length === 0) return undefined
  const extension = extensionOf(name)
  const text = TEXT_TYPES.find((type) => hasExtension(type, extension))
  if (text !== undefined && isText(sample, isWhole)) return text
  if (PDF_HEAD.test(sample.toString('latin1', 0, PDF_HEAD_BYTES))) return 'application/pdf'
  const told = await fileTypeFromBuffer(sample)
  if (told === undefined || told.ext === TAKEN_FOR_UTF_16)
    return extension === undefined && isText(sample, isWhole) ? 'text/plain' : undefined
  const type = ALIASES[told.mime] ?? told.mime
  if (type === 'application/zip' && !isWhole) return officeType(sample) ?? type
  return isFileType(type) ? type : undefined
}

/** UTF-8, or UTF-16 with its mark, as Excel saves "Unicode text"; no control characters but white space. */
function isText(sample: Buffer, isWhole: boolean): boolean {
  const mark = sample.toString('latin1', 0, 2)
  const encoding = mark === '\xff\xfe' ? 'utf-16le' : mark === '\xfe\xff' ? 'utf-16be' : 'utf-8'
  try {
    // Streaming, so that a character which the sample's end cuts in two is no fault.
    const text = new TextDecoder(encoding, { fatal: true }).decode(sample, { stream: !isWhole })
    return !/[^\P{Cc}\t\r\n\f]/u.test(text)
  } catch {
    return false
  }
}

/**
 * LibreOffice, openpyxl and most JavaScript writers put the entry that names an office document's type at the end,
 * beyond the sample of a larger one: there the folders tell. One with macros that come later still is harmless, for it
 * gets the name of a document without, and those run none.
 */
function officeType(sample: Buffer): FileType | undefined {
  if (sample.includes('[Content_Types].xml') || sample.includes('vbaProject.bin')) return undefined
  for (let at = sample.indexOf(ENTRY_HEADER); at >= 0; at = sample.indexOf(ENTRY_HEADER, at + 1)) {
    const name = sample.toString('latin1', at + ENTRY_NAME_OFFSET, at + ENTRY_NAME_OFFSET + 8)
    const found = OFFICE_FOLDERS.find(([folder]) => name.startsWith(folder))
    if (found !== undefined) return found[1]
  }
  return undefined
}
