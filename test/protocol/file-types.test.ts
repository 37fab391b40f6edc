import t from 'tap'
import { tellType } from '../../src/chat/attachments/content-type.js'
import { cleanFileName } from '../../src/protocol/file-name.js'
import { FILE_TYPES, isFileType } from '../../src/protocol/file-types.js'
import { SAMPLE_FILES } from '../helpers/sample-files.js'

const types = Object.keys(FILE_TYPES).filter(isFileType)

t.test('an extension belongs to one type', async (t) => {
  const extensions = types.flatMap((type): string[] => [...FILE_TYPES[type].extensions])
  t.equal(new Set(extensions).size, extensions.length)
  for (const extension of extensions) t.match(extension, /^[a-z0-9]{2,5}$/)
})

t.test('a real file of every type is told, and keeps its name', async (t) => {
  for (const type of types) {
    const sample = await SAMPLE_FILES[type]()
    for (const extension of FILE_TYPES[type].extensions) {
      t.equal(await tellType(sample, `sample.${extension}`, true), type, `${type} named .${extension}`)
      t.equal(cleanFileName(`sample.${extension}`, type), `sample.${extension}`)
    }
  }
})

t.test('browsers show pictures and PDF in place, and nothing that they could run', async (t) => {
  for (const type of types)
    t.equal(FILE_TYPES[type].inline, /^image\/(?!svg)|^application\/pdf$/.test(type), type)
})

t.test('no type is one of its own by a name that every object has', async (t) => {
  for (const name of ['constructor', 'toString', '__proto__', '', 'image/svg+xml', 'text/html'])
    t.notOk(isFileType(name), name)
})
