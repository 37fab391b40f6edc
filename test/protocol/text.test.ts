import t from 'tap'
import {
  FULL_NAME_LENGTH,
  ID_LENGTH,
  METADATA_BYTES,
  METADATA_DEPTH,
  SUBJECT_LENGTH,
} from '../../src/protocol/limits.js'
import { cleanText, fullName, id, isCleanText, metadata, subject } from '../../src/protocol/text.js'

const UNCLEAN = ['\0', 'a\0b', '\ud800', 'a\udfffb', '\udc00\ud800', 'x\ud83d']
const CLEAN = ['', 'a', 'Grüße', '👋🏽', '\u0001\u001f\u2028', '\ufeff', '\uffff']

t.test('text without NUL and lone surrogates is clean', async (t) => {
  for (const [index, text] of CLEAN.entries()) t.ok(isCleanText(text), `clean ${index}`)
  for (const [index, text] of UNCLEAN.entries()) t.notOk(isCleanText(text), `unclean ${index}`)
})

t.test('every kind of text refuses what is not clean', async (t) => {
  for (const [name, schema] of Object.entries({ cleanText, id, fullName, subject })) {
    t.ok(schema.safeParse('Ann 👋').success, name)
    for (const text of UNCLEAN) t.notOk(schema.safeParse(text).success, name)
  }
})

t.test('each kind has its length', async (t) => {
  for (const [schema, length] of [
    [id, ID_LENGTH],
    [fullName, FULL_NAME_LENGTH],
    [subject, SUBJECT_LENGTH],
  ] as const) {
    t.ok(schema.safeParse('x'.repeat(length)).success)
    t.notOk(schema.safeParse('x'.repeat(length + 1)).success)
    t.notOk(schema.safeParse('').success)
  }
  t.equal(fullName.parse('  Ann Lee '), 'Ann Lee')
  t.notOk(fullName.safeParse('   ').success)
})

/** `levels` objects in one another, the outermost included. */
function nested(levels: number): Record<string, unknown> {
  let value: Record<string, unknown> = {}
  for (let level = 1; level < levels; level++) value = { a: value }
  return value
}

t.test('metadata is any JSON object', async (t) => {
  const value = { a: 1, b: 'text', c: [true, null, { d: -0.5 }], é: {} }
  t.strictSame(metadata.parse(value), value)
  for (const wrong of [null, [], 'text', 5, undefined]) t.notOk(metadata.safeParse(wrong).success)
})

t.test('metadata is bounded in bytes', async (t) => {
  const withText = (text: string) => ({ a: text })
  const room = METADATA_BYTES - JSON.stringify(withText('')).length
  t.ok(metadata.safeParse(withText('x'.repeat(room))).success)
  t.notOk(metadata.safeParse(withText('x'.repeat(room + 1))).success)
  t.notOk(metadata.safeParse(withText('é'.repeat(room / 2 + 1))).success, 'bytes, not units')
})

t.test('metadata is bounded in depth, and a hostile depth ends the walk and not the stack', async (t) => {
  t.ok(metadata.safeParse(nested(METADATA_DEPTH)).success)
  t.notOk(metadata.safeParse(nested(METADATA_DEPTH + 2)).success)
  t.notOk(metadata.safeParse(nested(100_000)).success)
  const arrays: unknown = JSON.parse(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)
  t.notOk(metadata.safeParse(arrays).success)
})

t.test('metadata is clean in its keys and its values, at every level', async (t) => {
  for (const text of UNCLEAN) {
    t.notOk(metadata.safeParse({ [text]: 1 }).success, 'key')
    t.notOk(metadata.safeParse({ a: text }).success, 'value')
    t.notOk(metadata.safeParse({ a: [{ b: [text] }] }).success, 'value inside')
    t.notOk(metadata.safeParse({ a: [{ [text]: 1 }] }).success, 'key inside')
  }
})

t.test('a key named __proto__ is data at most', async (t) => {
  const hostile: unknown = JSON.parse('{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}')
  const parsed = metadata.parse(hostile)
  t.notOk('polluted' in {})
  t.notOk('polluted' in parsed)
  t.equal(Object.getPrototypeOf(parsed), Object.prototype)
})
