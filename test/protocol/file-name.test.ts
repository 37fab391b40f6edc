import t from 'tap'
import { cleanFileName, contentDisposition, extensionOf } from '../../src/protocol/file-name.js'
import type { FileType } from '../../src/protocol/file-types.js'

/** What JPEGs are called, and what becomes of it. */
const NAMES: Record<string, string> = {
  'IMG_0001.JPG': 'IMG_0001.JPG',
  'Müller & Söhne (2).jpeg': 'Müller & Söhne (2).jpeg',
  '照片 👍🏽.jpg': '照片 👍🏽.jpg',
  // Paths of Unix and of Windows.
  '../../etc/passwd': 'passwd.jpg',
  '/tmp/a/b.jpg': 'b.jpg',
  'C:\\Users\\ann\\photo.jpg': 'photo.jpg',
  'photos/': 'file.jpg',
  '..': 'file.jpg',
  '../..\\..': 'file.jpg',
  // What begins another line of a header, ends a string, or cannot be stored.
  'a\r\nSet-Cookie: b=c.jpg': 'a Set-Cookie: b=c.jpg',
  'a\0b\u0007\u007f\u0085.jpg': 'ab.jpg',
  'a\ud800b\udc00.jpg': 'ab.jpg',
  // What hides the end of a name: seen as "invoiceexe.jpg", or with its end out of sight.
  'invoice\u202egpj.exe': 'invoicegpj.exe.jpg',
  'a\u2066b\u2069\u200e\u200f\u061c.jpg': 'ab.jpg',
  'a\u200b\u2060\u00ad\ufe0f\u3164\u{e0041}b.jpg': 'ab.jpg',
  'invoice.pdf                                  .exe': 'invoice.pdf .exe.jpg',
  'Screenshot 3.14.15\u202fPM.jpg': 'Screenshot 3.14.15 PM.jpg',
  'a \u200b b.jpg': 'a b.jpg',
  '\ufeffa.jpg': 'a.jpg',
  // What file systems treat in ways of their own.
  '.htaccess': 'htaccess.jpg',
  '. . .bashrc': 'bashrc.jpg',
  'a.jpg. . ': 'a.jpg',
  CON: '_ON.jpg',
  'con.jpg': '_on.jpg',
  'nul.tar.jpg': '_ul.tar.jpg',
  'COM1 .jpg': '_OM1 .jpg',
  'lpt³.jpg': '_pt³.jpg',
  'console.jpg': 'console.jpg',
  'com10.jpg': 'com10.jpg',
  // Decomposed, as macOS has it.
  'u\u0308.jpg': 'ü.jpg',
  // Nothing at all.
  '': 'file.jpg',
  ' ': 'file.jpg',
  '...': 'file.jpg',
  '\u202e': 'file.jpg',
  // Another type's extension, or none.
  'photo.html': 'photo.html.jpg',
  'photo.jpg.svg': 'photo.jpg.svg.jpg',
  'photo.png': 'photo.png.jpg',
  photo: 'photo.jpg',
  'photo.': 'photo.jpg',
  'photo.j\u200bpg': 'photo.jpg',
}

t.test('a name is made harmless', async (t) => {
  for (const [given, cleaned] of Object.entries(NAMES))
    t.equal(cleanFileName(given, 'image/jpeg'), cleaned, JSON.stringify(given))
})

t.test('a type has its extension, or one of its extensions', async (t) => {
  for (const [name, type, cleaned] of [
    ['a.mov', 'video/quicktime', 'a.mov'],
    ['a.qt', 'video/quicktime', 'a.qt'],
    ['a.mov', 'video/mp4', 'a.mov.mp4'],
    ['notes.md', 'text/plain', 'notes.md'],
    ['con', 'application/pdf', '_on.pdf'],
    [
      'offer.docm',
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      'offer.docm.docx',
    ],
  ] as const satisfies [string, FileType, string][])
    t.equal(cleanFileName(name, type), cleaned)
})

t.test('a long name keeps its beginning and its extension, and no character is cut in two', async (t) => {
  t.equal(cleanFileName(`${'x'.repeat(300)}.jpeg`, 'image/jpeg'), `${'x'.repeat(115)}.jpeg`)
  t.equal(cleanFileName('x'.repeat(300), 'image/jpeg'), `${'x'.repeat(116)}.jpg`)
  t.equal(
    cleanFileName(`${'👍🏽'.repeat(99)}.jpg`, 'image/jpeg'),
    `${'👍🏽'.repeat(29)}.jpg`,
    'a hand and its colour',
  )
  t.equal(cleanFileName(`x${'e\u0489'.repeat(99)}.jpg`, 'image/jpeg'), `x${'e\u0489'.repeat(57)}.jpg`)
  t.equal(
    cleanFileName(`o${'\u0489'.repeat(300)}.jpg`, 'image/jpeg'),
    'file.jpg',
    'one character of 301 units',
  )
  t.equal(
    cleanFileName(`con o${'\u0489'.repeat(300)}.jpg`, 'image/jpeg'),
    '_on .jpg',
    'a device is what is left',
  )
})

t.test('a name of megabytes is a name', async (t) => {
  for (const part of ['x', '. ', '/', '\\', '\u202e', '\ud800', '. \u200b'])
    t.match(cleanFileName(`x${part.repeat(1_000_000)}a.jpg`, 'image/jpeg'), /a\.jpg$|^x+\.jpg$/)
})

/** What such names are made of, as code points. */
const PARTS = [
  ...'ab.. /\\-_%"\'();\r\n\t\0',
  ...['con', 'nul', '.jpg', '.html', 'é', 'e\u0301', '\u0489', '👍🏽', '👩‍👧', '\ud800', '\udc00'],
  ...['\u202e', '\u200d', '\u200b', '\ufeff', '\u3000', '\u2028', '\u0085', '\u1160', '\u{1d160}', '\u0f77'],
]

function anyName(): string {
  const length = Math.floor(Math.random() * 60) ** 1.5
  let name = ''
  for (let part = 0; part < length; part++) name += PARTS[Math.floor(Math.random() * PARTS.length)]
  return name
}

t.test('whatever it was, a cleaned name holds what it promises', async (t) => {
  const unclean = []
  for (let round = 0; round < 20_000; round++) {
    const given = anyName()
    const name = cleanFileName(given, 'image/jpeg')
    const isClean =
      /^[^. /\\\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}][^/\\\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*\.jpg$/u.test(name) &&
      !/^(con|nul) *\./i.test(name) &&
      name.length <= 120 &&
      name === name.normalize('NFC') &&
      name === cleanFileName(name, 'image/jpeg')
    if (!isClean) unclean.push([given, name])
  }
  t.strictSame(unclean, [])
})

t.test('an extension is the last one, in lower case', async (t) => {
  for (const [name, extension] of [
    ['a.JPG', 'jpg'],
    ['a.tar.gz', 'gz'],
    ['.txt', 'txt'],
    ['a', undefined],
    ['a.', undefined],
    ['a.b c', undefined],
    ['a.txt ', undefined],
  ] as const)
    t.equal(extensionOf(name), extension, name)
})

t.test('a disposition names the file twice, for old and for new readers', async (t) => {
  t.equal(contentDisposition('a b.jpg', true), `inline; filename="a b.jpg"; filename*=UTF-8''a%20b.jpg`)
  t.equal(
    contentDisposition('Grüße „100%“.pdf', false),
    `attachment; filename="Gr__e _100__.pdf"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%E2%80%9E100%25%E2%80%9C.pdf`,
  )
  t.equal(
    contentDisposition(`a"\\';()*%41.txt`, false),
    `attachment; filename="a__';()*_41.txt"; filename*=UTF-8''a%22%5C%27%3B%28%29%2A%2541.txt`,
  )
})

t.test(
  'a disposition is one header of printable ASCII, whatever the name, and the name comes back whole',
  async (t) => {
    const broken = []
    for (let round = 0; round < 20_000; round++) {
      const name = anyName()
      const parts = /^inline; filename="([ !#$&-[\]-~]*)"; filename\*=UTF-8''([\w!#$&+.^`|~%-]*)$/.exec(
        contentDisposition(name, true),
      )
      if (decodeURIComponent(parts?.[2] ?? '') !== name.toWellFormed()) broken.push(name)
    }
    t.strictSame(broken, [])
  },
)
