import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { SAMPLE_BYTES, tellType } from '../../../src/chat/attachments/content-type.js'
import { memoryOf } from '../../helpers/memory.js'
import { officeDocument, openDocument } from '../../helpers/office-files.js'
import { film, HOSTILE_FILES, pdf, picture, SAMPLE_FILES, webm, zipBomb } from '../../helpers/sample-files.js'
import { zip } from '../../helpers/zip.js'

const DOCX = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
const PPTX = 'application/vnd.openxmlformats-officedocument.presentationml.presentation'

/** The type of a whole file, told as an upload's is: by no more than its first bytes. */
async function typeOf(file: Buffer | string, name = 'file') {
  const bytes = Buffer.from(file)
  return await tellType(bytes.subarray(0, SAMPLE_BYTES), name, bytes.length <= SAMPLE_BYTES)
}

t.test('the content counts, not the name', async (t) => {
  const jpeg = await SAMPLE_FILES['image/jpeg']()
  for (const name of ['a.jpg', 'a.png', 'a.pdf', 'a.txt', 'a.html', 'a.svg', 'a.exe', 'a', ''])
    t.equal(await typeOf(jpeg, name), 'image/jpeg', name)
})

t.test('what a browser or a computer would run is no type, whatever it is called', async (t) => {
  for (const { body } of Object.values(HOSTILE_FILES))
    for (const extension of ['jpg', 'png', 'svg', 'html', 'pdf', 'docx', 'js', 'sh', 'exe', 'xml', 'mp4'])
      t.equal(await typeOf(body, `photo.${extension}`), undefined, extension)
  t.equal(await typeOf(HOSTILE_FILES.exe.body, 'photo.txt'), undefined)
  const xml = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
  for (const extension of ['svg', 'xml', 'xhtml', 'png'])
    t.equal(await typeOf(xml, `a.${extension}`), undefined)
})

t.test('markup and scripts named as text are text: they are downloaded, and never run', async (t) => {
  for (const { body } of [HOSTILE_FILES.html, HOSTILE_FILES.svg, HOSTILE_FILES.script])
    t.equal(await typeOf(body, 'photo.txt'), 'text/plain')
})

// With nosniff no browser looks for the HTML, so that it is harmless in place.
t.test('a picture that is HTML as well is that picture', async (t) => {
  const html = Buffer.from('<script>alert(1)</script>')
  t.equal(await typeOf('GIF89a/*<script>alert(1)</script>*/', 'a.html'), 'image/gif')
  t.equal(await typeOf(Buffer.concat([await SAMPLE_FILES['image/png'](), html]), 'a.html'), 'image/png')
  t.equal(await typeOf(Buffer.concat([await SAMPLE_FILES['image/jpeg'](), html]), 'a.html'), 'image/jpeg')
})

t.test('text is UTF-8, or UTF-16 with its mark', async (t) => {
  for (const [text, what] of [
    ['Grüße, 你好 👋\r\n\tok\f\n', 'UTF-8'],
    [Buffer.from('\ufeffGrüße'), 'UTF-8 with a mark'],
    [Buffer.from('\ufeffGrüße 👋\r\n', 'utf16le'), 'UTF-16, little end first'],
    [Buffer.from('\ufeffGrüße 👋\r\n', 'utf16le').swap16(), 'UTF-16, big end first'],
    [' ', 'a space'],
  ] as const) {
    t.equal(await typeOf(text, 'a.txt'), 'text/plain', what)
    t.equal(await typeOf(text, 'a.CSV'), 'text/csv', what)
    t.equal(await typeOf(text, 'a.html'), undefined, what)
    t.equal(await typeOf(text, 'a'), 'text/plain', `${what}, called nothing else`)
  }
})

t.test('what only begins like a picture, a sound or a program is text when it is', async (t) => {
  for (const beginning of ['BM', 'MAC ', 'MZ', 'GIF', 'ID3', 'solid ', 'FORM', '%!', '%PDF-1.4', '{\\rtf1'])
    t.equal(await typeOf(`${beginning} and more`, 'a.txt'), 'text/plain', beginning)
})

t.test('no text has control characters, or bytes that are no character', async (t) => {
  for (const bytes of [
    '\0',
    '\x01',
    '\b',
    '\x0b',
    '\x1a',
    '\x1b[31m',
    '\x7f',
    '\xc2\x85',
    '\xff',
    '\xc3(',
    '\xed\xa0\x80',
  ])
    t.equal(
      await typeOf(Buffer.from(`text ${bytes} text`, 'latin1'), 'a.txt'),
      undefined,
      JSON.stringify(bytes),
    )
  t.equal(await typeOf(Buffer.from('text \xc3', 'latin1'), 'a.txt'), undefined, 'half a character at the end')
  t.equal(await typeOf(Buffer.from('text', 'utf16le'), 'a.txt'), undefined, 'UTF-16 without its mark')
})

t.test('the end of a sample may cut a character in two, the end of a file may not', async (t) => {
  const [utf8, utf16] = [Buffer.from('a👋'.repeat(9)), Buffer.from(`\ufeff${'a👋'.repeat(9)}`, 'utf16le')]
  for (const text of [utf8, utf16])
    for (let length = 4; length <= text.length; length++)
      t.equal(await tellType(text.subarray(0, length), 'a.txt', false), 'text/plain', `${length} bytes`)
  t.equal(await tellType(utf8.subarray(0, 4), 'a.txt', true), undefined)
  t.equal(await tellType(utf16.subarray(0, 7), 'a.txt', true), undefined)
})

t.test('office documents are told in whatever order their writers put them', async (t) => {
  for (const [kind, type] of [
    ['docx', DOCX],
    ['xlsx', XLSX],
    ['pptx', PPTX],
  ] as const)
    for (const typesAt of ['start', 'end'] as const)
      for (const mediaBytes of [0, 10, 2 * SAMPLE_BYTES]) {
        const file = officeDocument(kind, { typesAt, mediaBytes })
        t.equal(
          await typeOf(file, `a.${kind}`),
          type,
          `${kind}, types at the ${typesAt}, ${file.length} bytes`,
        )
      }
  t.equal(await typeOf(openDocument('text')), 'application/vnd.oasis.opendocument.text')
})

t.test('a document with macros is none', async (t) => {
  for (const typesAt of ['start', 'end'] as const)
    t.equal(await typeOf(officeDocument('docm', { typesAt }), 'offer.docx'), undefined, typesAt)
  const entries = ['_rels/.rels', 'word/document.xml', 'word/vbaProject.bin'].map((name) => ({
    name,
    data: '',
  }))
  const media = { name: 'word/media/image1.jpeg', data: randomBytes(2 * SAMPLE_BYTES) }
  t.equal(await typeOf(zip([...entries, media]), 'offer.docx'), 'application/zip')
})

t.test('a zip file is no document for having a document in it, or a folder of such a name', async (t) => {
  const inner = officeDocument('docx', { mediaBytes: 2 * SAMPLE_BYTES })
  t.equal(await typeOf(zip([{ name: 'a.docx', data: inner, stored: true }]), 'a.docx'), 'application/zip')
  t.equal(await typeOf(zip([{ name: 'word/letter.txt', data: 'Hello' }]), 'a.docx'), 'application/zip')
})

t.test('a zip bomb is a zip file, whatever it is called, and costs nothing', async (t) => {
  const bomb = zipBomb()
  t.ok(bomb.length < 1000, 'it is one')
  for (const name of ['invoice.pdf', 'offer.docx', 'a.jpg'])
    t.equal(await typeOf(bomb, name), 'application/zip')
})

t.test('what inflates without end is inflated no further than it must be', async (t) => {
  // Sixty megabytes are about the most that deflate can hide in a sample.
  const zeros = Buffer.alloc(60_000_000)
  const honest = officeDocument('docx', { types: zeros })
  const lying = Buffer.from(honest)
  lying.writeUInt32LE(1000, 22)
  const streamed = zip([{ name: '[Content_Types].xml', data: zeros, streamed: true }])
  t.equal(
    await typeOf(honest, 'offer.docx'),
    'application/zip',
    'a list of contents that says how large it is',
  )
  for (const [what, file, type] of [
    ['one that says it is small', lying, 'application/zip'],
    ['one that says nothing', streamed, 'application/zip'],
    ['gzip', gzipSync(zeros), null],
  ] as const) {
    const { answer, megabytes } = await memoryOf(t, 'type', file)
    t.equal(answer, type, what)
    t.ok(megabytes < 40, `${what}: ${megabytes} MB`)
  }
})

t.test('a PDF may begin with white space, as what scripts make often does', async (t) => {
  for (const leading of ['', '\n', '\r\n\r\n  ', '\xef\xbb\xbf', '\xef\xbb\xbf\n', ' '.repeat(1000)])
    t.equal(await typeOf(pdf(leading)), 'application/pdf', JSON.stringify(leading))
  for (const leading of ['<script>alert(1)</script>\n', 'HTTP/1.1 200 OK\r\n\r\n', ' '.repeat(1024)])
    t.equal(await typeOf(pdf(leading), 'a.pdf'), undefined, JSON.stringify(leading))
})

t.test('what phones make', async (t) => {
  const exif = await picture()
    .withExif({ IFD0: { Make: 'Phone' } })
    .jpeg()
    .toBuffer()
  t.equal(await typeOf(exif), 'image/jpeg', 'JPEG with EXIF')
  for (const [brand, type] of [
    ['heic', 'image/heic'],
    ['heix', 'image/heic'],
    ['mif1', 'image/heic'],
    ['hevc', 'image/heic'],
    ['avif', 'image/avif'],
    ['qt  ', 'video/quicktime'],
    ['mp42', 'video/mp4'],
    ['isom', 'video/mp4'],
    ['M4V ', 'video/mp4'],
    ['3gp5', 'video/3gpp'],
    ['M4A ', 'audio/mp4'],
  ] as const)
    t.equal(await typeOf(film(brand)), type, brand)
  const png = await SAMPLE_FILES['image/png']()
  const control = Buffer.from('\0\0\0\x08acTL\0\0\0\x02\0\0\0\0\0\0\0\0', 'latin1')
  const moving = Buffer.concat([png.subarray(0, 33), control, png.subarray(33)])
  t.equal(await typeOf(moving), 'image/png', 'a PNG that moves')
})

t.test('WebM is, other Matroska is not', async (t) => {
  t.equal(await typeOf(webm('webm')), 'video/webm')
  t.equal(await typeOf(webm('matroska')), undefined)
})

t.test('an empty file is of no type', async (t) => {
  for (const name of ['a.txt', 'a.jpg', '']) t.equal(await typeOf('', name), undefined)
})

t.test('nothing is read beyond the sample', async (t) => {
  const file = officeDocument('docm', { typesAt: 'end', mediaBytes: 100 })
  const end = file.indexOf('[Content_Types].xml') - 30
  t.equal(await tellType(file, 'a.docx', true), undefined, 'all of it has macros')
  t.equal(await tellType(file.subarray(0, end), 'a.docx', false), DOCX, 'what says so comes later')
})

t.test('no file is too short, too broken or too strange', async (t) => {
  const files = await Promise.all(Object.values(SAMPLE_FILES).map(async (make) => await make()))
  files.push(
    officeDocument('docx', { typesAt: 'end', mediaBytes: 100 }),
    gzipSync('text'),
    Buffer.from('ID3\x03\0\0\0\0\0\0'),
  )
  for (const file of files) {
    for (let length = 0; length <= file.length; length++)
      await tellType(file.subarray(0, length), 'a.txt', length % 2 === 0)
    for (let round = 0; round < 30; round++) {
      const broken = Buffer.from(file)
      for (const byte of randomBytes(1 + (round % 5)))
        broken[Math.floor(Math.random() * broken.length)] = byte
      await tellType(broken, 'a.txt', false)
    }
  }
  for (let length = 0; length < 1000; length++) await tellType(randomBytes(length), 'a.csv', true)
  t.pass('each had an answer')
})
