import sharp, { type Sharp } from 'sharp'
import type { FileType } from '../../src/protocol/file-types.js'
import { officeDocument, openDocument } from './office-files.js'
import { zip } from './zip.js'

/** A small real file of each type that Parley knows, made when asked for. */
export const SAMPLE_FILES: Record<FileType, () => Promise<Buffer> | Buffer> = {
  'image/jpeg': () => picture().jpeg().toBuffer(),
  'image/png': () => picture().png().toBuffer(),
  'image/gif': () => picture().gif().toBuffer(),
  'image/webp': () => picture().webp().toBuffer(),
  'image/avif': () => picture().avif({ effort: 0 }).toBuffer(),
  'image/heic': () => HEIC,
  'application/pdf': () => pdf(),
  'text/plain': () => Buffer.from('Two chairs, oak, as agreed.\n'),
  'text/csv': () => Buffer.from('item;count\nStühle;2\n'),
  'video/mp4': () => film('isom'),
  'video/quicktime': () => film('qt  '),
  'video/webm': () => webm('webm'),
  'video/3gpp': () => film('3gp4'),
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': () => officeDocument('docx'),
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': () => officeDocument('xlsx'),
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': () => officeDocument('pptx'),
  'application/vnd.oasis.opendocument.text': () => openDocument('text'),
  'application/vnd.oasis.opendocument.spreadsheet': () => openDocument('spreadsheet'),
  'application/vnd.oasis.opendocument.presentation': () => openDocument('presentation'),
  'audio/mpeg': () => mp3(),
  'audio/mp4': () => film('M4A '),
  'audio/ogg': () => ogg(),
  'audio/wav': () => wav(),
  'application/zip': () => zip([{ name: 'notes/read me.txt', data: 'Hello' }]),
}

/** What one side sends in the hope that the other side's browser or computer runs it; `name` is what it claims. */
export const HOSTILE_FILES = {
  html: { name: 'photo.jpg', body: Buffer.from('<!doctype html><script>alert(document.domain)</script>') },
  svg: {
    name: 'photo.png',
    body: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
  },
  exe: {
    name: 'invoice.pdf',
    body: Buffer.concat([Buffer.from('MZ\x90\0\x03\0\0\0', 'latin1'), Buffer.alloc(512)]),
  },
  script: { name: 'photo.jpg', body: Buffer.from('#!/bin/sh\nrm -rf "$HOME"\n') },
} as const

/** A picture of two colours, so that a turned one is told from one that is not: the left half red, the right half blue. */
export function picture(width = 64, height = 48): Sharp {
  const half = { width: Math.ceil(width / 2), height, channels: 3, background: '#d02020' } as const
  return sharp({ create: { width, height, channels: 3, background: '#2020d0' } }).composite([
    { input: { create: half }, left: 0, top: 0 },
  ])
}

/** One empty page. `leading` comes before it. */
export function pdf(leading = ''): Buffer {
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    '<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>',
  ]
  let text = `${leading}%PDF-1.4\n%\xe2\xe3\xcf\xd3\n`
  const offsets: number[] = []
  for (const [index, body] of objects.entries()) {
    offsets.push(text.length)
    text += `${index + 1} 0 obj\n${body}\nendobj\n`
  }
  const start = text.length
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`)
  text += `xref\n0 4\n0000000000 65535 f \n${rows.join('')}trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n${start}\n%%EOF\n`
  return Buffer.from(text, 'latin1')
}

/** Zeros, deflated, as an entry of a zip, deflated again: 20 MB from some hundred bytes. */
export function zipBomb(): Buffer {
  const inner = zip([{ name: 'zeros', data: Buffer.alloc(20_000_000) }])
  return zip([{ name: 'inner.zip', data: inner }])
}

/** The boxes that an MPEG-4 file begins with, of a major brand, and no frame. */
export function film(brand: string): Buffer {
  return Buffer.concat([
    box('ftyp', Buffer.from(`${brand}\0\0\x02\0${brand}mp41`, 'latin1')),
    box('mdat', Buffer.alloc(64)),
    box('moov', box('mvhd', Buffer.alloc(100))),
  ])
}

function box(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + body.length)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, body])
}

/** The head of a Matroska file: `webm`, or `matroska` for one that is not WebM. */
export function webm(documentType: string): Buffer {
  const element = (id: string, body: Buffer) =>
    Buffer.concat([Buffer.from(id, 'hex'), Buffer.from([0x80 | body.length]), body])
  const fields = [
    element('4286', Buffer.from([1])),
    element('42f7', Buffer.from([1])),
    element('4282', Buffer.from(documentType)),
  ]
  return Buffer.concat([element('1a45dfa3', Buffer.concat(fields)), element('18538067', Buffer.alloc(32))])
}

/** Silence: frames of 128 kbit/s at 44.1 kHz. */
function mp3(): Buffer {
  const frame = Buffer.alloc(417)
  frame.set([0xff, 0xfb, 0x90, 0x00])
  return Buffer.concat([frame, frame, frame])
}

/** The first page of a voice message: Ogg with Opus. */
function ogg(): Buffer {
  const page = Buffer.alloc(28)
  page.write('OggS\0\x02', 'latin1')
  page.set([1, 19], 26)
  return Buffer.concat([page, Buffer.from('OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0', 'latin1')])
}

function wav(): Buffer {
  const head = Buffer.from(
    'RIFF\x64\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\x40\0\0\0',
    'latin1',
  )
  return Buffer.concat([head, Buffer.alloc(64, 0x80)])
}

/** 64 x 48, as an iPhone makes them: HEVC, which sharp cannot decode and therefore cannot make either. */
const HEIC = Buffer.from(
  `AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAa1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAAA5waXRt
  AAAAAAACAAAAEGlkYXQAAAAAAEAAMAAAADhpbG9jAQAAAERAAAIAAQAAAAAAAAHRAAEAAAAAAAAAGgACAAEAAAAAAAAAAQAAAAAAAAAIAAAA
  OGlpbmYAAAAAAAIAAAAVaW5mZQIAAAEAAQAAaHZjMQAAAAAVaW5mZQIAAAAAAgAAZ3JpZAAAAADYaXBycAAAALZpcGNvAAAAdmh2Y0MBA3AA
  AAAAAAAAAAAe8AD8/fj4AAAPAyAAAQAYQAEMAf//A3AAAAMAkAAAAwAAAwAeugJAIQABACpCAQEDcAAAAwCQAAADAAADAB6gIIEFlurkprm4
  EBAwIAAAAwAgAAADACEiAAEABkQBwXPAiQAAABRpc3BlAAAAAAAAAEAAAABAAAAAFGlzcGUAAAAAAAAAQAAAADAAAAAQcGl4aQAAAAADCAgI
  AAAAGmlwbWEAAAAAAAAAAgABAoECAAICA4QAAAAaaXJlZgAAAAAAAAAOZGltZwACAAEAAQAAACJtZGF0AAAAFigBrxmA70mlv//KjH/kxq/2
  mtaY+bg=`,
  'base64',
)
