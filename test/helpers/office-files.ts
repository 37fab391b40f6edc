import { randomBytes } from 'node:crypto'
import { type ZipEntry, zip } from './zip.js'

const KINDS = {
  docx: ['word/document.xml', 'vnd.openxmlformats-officedocument.wordprocessingml.document'],
  xlsx: ['xl/workbook.xml', 'vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  pptx: ['ppt/presentation.xml', 'vnd.openxmlformats-officedocument.presentationml.presentation'],
  docm: ['word/document.xml', 'vnd.ms-word.document.macroEnabled'],
} as const

interface OfficeOptions {
  /**
   * Where `[Content_Types].xml` stands: first (Word, python-docx, openpyxl), or at the end, and streamed (LibreOffice,
   * Google Docs, the JavaScript writers).
   */
  readonly typesAt?: 'start' | 'end'
  /** A photo in it, of that many bytes. */
  readonly mediaBytes?: number
  /** In place of the `[Content_Types].xml` that belongs there. */
  readonly types?: Buffer
}

/** A small document of Microsoft's kinds. */
export function officeDocument(kind: keyof typeof KINDS, options: OfficeOptions = {}): Buffer {
  const { typesAt = 'start', mediaBytes = 0, types } = options
  const [main, type] = KINDS[kind]
  const streamed = typesAt === 'end'
  const contentTypes: ZipEntry = {
    name: '[Content_Types].xml',
    data: types ?? contentTypesXml(main, type),
    streamed,
  }
  const others: ZipEntry[] = [
    { name: '_rels/.rels', data: relationships(main), streamed },
    { name: main, data: '<?xml version="1.0" encoding="UTF-8"?><document/>', streamed },
  ]
  if (mediaBytes > 0) {
    const folder = main.slice(0, main.indexOf('/'))
    others.push({ name: `${folder}/media/image1.jpeg`, data: randomBytes(mediaBytes), stored: true })
  }
  return zip(streamed ? [...others, contentTypes] : [contentTypes, ...others])
}

function contentTypesXml(main: string, type: string): string {
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/${main}" ContentType="application/${type}.main+xml"/></Types>`
}

function relationships(main: string): string {
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="${main}"/></Relationships>`
}

/** A small document of LibreOffice's kinds: its type stands first, and is not deflated. */
export function openDocument(kind: 'text' | 'spreadsheet' | 'presentation'): Buffer {
  return zip([
    { name: 'mimetype', data: `application/vnd.oasis.opendocument.${kind}`, stored: true },
    { name: 'content.xml', data: '<?xml version="1.0" encoding="UTF-8"?><office:document-content/>' },
    { name: 'META-INF/manifest.xml', data: '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest/>' },
  ])
}
