import t from 'tap'
import { z } from 'zod'
import type { ClientFrame } from '../../src/protocol/client-frames.js'
import {
  type Decoded,
  decodeFrame,
  describeIssues,
  encodeError,
  encodePush,
  encodeReply,
  validateFrame,
} from '../../src/protocol/codec.js'
import { ParleyError } from '../../src/protocol/errors.js'
import { FRAME_BYTES, REF_LENGTH } from '../../src/protocol/limits.js'

function bytes(text: string): ArrayBuffer {
  return new TextEncoder().encode(text).buffer
}

function decode(text: string): Decoded {
  return decodeFrame(bytes(text), false)
}

/** What a refusal says of itself, for a comparison by value. */
function refusalOf(decoded: Decoded) {
  if (decoded.ok) throw new Error(`accepted: ${JSON.stringify(decoded.frame)}`)
  return { ref: decoded.ref, code: decoded.error.code }
}

const EVERY_FRAME: readonly ClientFrame[] = [
  { type: 'join', ref: 'a', chatId: 'c1', afterRev: 7, epoch: 'e' },
  { type: 'join', chatId: 'c1' },
  { type: 'leave', ref: 1, chatId: 'c1' },
  { type: 'send', ref: 2.5, chatId: 'c1', clientId: 'x', content: 'Grüße 👋', attachments: ['f'] },
  { type: 'send', chatId: 'c1', content: '' },
  { type: 'read', ref: 0, chatId: 'c1', seq: 0 },
  { type: 'typing', ref: '', chatId: 'c1', active: false },
  { type: 'ping', ref: -1 },
]

for (const frame of EVERY_FRAME)
  t.test(`${JSON.stringify(frame)} is decoded to itself`, async (t) => {
    t.strictSame(decode(JSON.stringify(frame)), { ok: true, frame })
    t.strictSame(decode(JSON.stringify({ ...frame, later: 'version' })), { ok: true, frame }, 'unknown field')
  })

t.test('the bytes may be reused after decoding', async (t) => {
  const buffer = bytes('{"type":"send","chatId":"c1","content":"hello"}')
  const decoded = decodeFrame(buffer, false)
  new Uint8Array(buffer).fill(0x20)
  t.match(decoded, { ok: true, frame: { chatId: 'c1', content: 'hello' } })
})

t.test('what is no frame is refused', async (t) => {
  for (const text of ['', '{', 'null', '[]', '"join"', '{}', '{"type":"fly"}', '{"type":["join"]}'])
    t.strictSame(refusalOf(decode(text)), { ref: null, code: 'bad_request' }, text)
  const binary = decodeFrame(bytes('{"type":"ping","ref":1}'), true)
  t.strictSame(refusalOf(binary), { ref: null, code: 'bad_request' }, 'binary')
  const latin1 = Uint8Array.from(Buffer.from('{"type":"send","chatId":"c","content":"é"}', 'latin1'))
  t.strictSame(refusalOf(decodeFrame(latin1.buffer, false)), { ref: null, code: 'bad_request' }, 'not UTF-8')
})

t.test('wrong fields are refused under the ref of the frame', async (t) => {
  const wrong: Record<string, unknown>[] = [
    { type: 'join', ref: 'r' },
    { type: 'join', ref: 'r', chatId: '' },
    { type: 'join', ref: 'r', chatId: 'x'.repeat(65) },
    { type: 'join', ref: 'r', chatId: 'c', afterRev: -1 },
    { type: 'join', ref: 'r', chatId: 'c', afterRev: 1.5 },
    { type: 'send', ref: 'r', chatId: 'c' },
    { type: 'send', ref: 'r', chatId: 'c', content: 5 },
    { type: 'send', ref: 'r', chatId: 'c', content: 'a\0b' },
    { type: 'send', ref: 'r', chatId: 'c', content: 'a\ud800b' },
    { type: 'send', ref: 'r', chatId: 'c', content: 'a', clientId: '' },
    { type: 'read', ref: 'r', chatId: 'c', seq: '1' },
    { type: 'read', ref: 'r', chatId: 'c', seq: 2 ** 53 },
    { type: 'typing', ref: 'r', chatId: 'c', active: 1 },
  ]
  for (const frame of wrong) {
    const text = JSON.stringify(frame)
    t.strictSame(refusalOf(decode(text)), { ref: 'r', code: 'bad_request' }, text.slice(0, 100))
    t.strictSame(refusalOf(validateFrame(frame)), { ref: 'r', code: 'bad_request' }, 'as a value')
  }
})

t.test('a ref that cannot be echoed is answered as none', async (t) => {
  for (const ref of [null, true, {}, ['r'], 'x'.repeat(REF_LENGTH + 1), '\ud800'])
    t.strictSame(refusalOf(validateFrame({ type: 'fly', ref })), { ref: null, code: 'bad_request' })
  t.equal(refusalOf(validateFrame({ type: 'fly', ref: 'x'.repeat(REF_LENGTH) })).ref, 'x'.repeat(REF_LENGTH))
})

t.test('a frame has FRAME_BYTES at most, counted in bytes of UTF-8', async (t) => {
  const frame = (padding: number, filler = 'x') => {
    const start = '{"type":"ping","ref":"r","pad":"'
    return `${start}${filler.repeat(padding)}"}`
  }
  const room = FRAME_BYTES - frame(0).length
  t.match(decode(frame(room)), { ok: true })
  t.strictSame(refusalOf(decode(frame(room + 1))), { ref: 'r', code: 'too_large' })
  t.strictSame(
    refusalOf(decode(frame(room / 2 + 1, 'é'))),
    { ref: 'r', code: 'too_large' },
    'bytes, not units',
  )
  t.strictSame(refusalOf(decode('{'.repeat(FRAME_BYTES + 1))), { ref: null, code: 'too_large' }, 'not JSON')
})

t.test('a hostile depth ends in a refusal', async (t) => {
  const deep = (levels: number) =>
    `{"type":"send","ref":1,"chatId":"c","content":${'['.repeat(levels)}${']'.repeat(levels)}}`
  t.strictSame(refusalOf(decode(deep(30_000))), { ref: 1, code: 'bad_request' })
  t.strictSame(refusalOf(decode(deep(100_000))), { ref: 1, code: 'too_large' })
})

t.test('a key named __proto__ touches nothing', async (t) => {
  const decoded = decode('{"type":"ping","__proto__":{"polluted":true,"ref":"r"}}')
  t.strictSame(decoded, { ok: true, frame: { type: 'ping' } })
  t.notOk('polluted' in {})
})

t.test('a refusal names the wrong fields and never repeats what was sent', async (t) => {
  const decoded = validateFrame({
    type: 'send',
    chatId: 5,
    content: ['hunter2'],
    clientId: 'hunter2'.repeat(10),
  })
  if (decoded.ok) throw new Error('accepted')
  const { message } = decoded.error
  for (const field of ['chatId', 'content', 'clientId']) t.match(message, field)
  t.notMatch(message, 'hunter2')
  const unknownType = validateFrame({ type: 'hunter2' })
  if (unknownType.ok) throw new Error('accepted')
  t.notMatch(unknownType.error.message, 'hunter2')
})

t.test('a refusal stays short, however much is wrong', async (t) => {
  const many = z.record(z.string(), z.number())
  const value = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`${n}${'k'.repeat(1000)}`, 'x']))
  const { error } = many.safeParse(value)
  if (error === undefined) throw new Error('accepted')
  t.ok(describeIssues(error).length < 1500)
})

t.test('replies, errors and pushes are encoded as the contract shows them', async (t) => {
  t.equal(encodeReply('r', { rev: 1 }), '{"type":"reply","ref":"r","data":{"rev":1}}')
  t.equal(encodeReply(0, {}), '{"type":"reply","ref":0,"data":{}}')
  t.equal(encodeReply(undefined, {}), '{"type":"reply","ref":null,"data":{}}')
  t.strictSame(JSON.parse(encodeError(undefined, new ParleyError('overloaded'))), {
    type: 'error',
    ref: null,
    code: 'overloaded',
    message: 'The service is overloaded.',
    temporary: true,
  })
  t.equal(encodePush('removed', { chatId: 'c' }), '{"type":"removed","chatId":"c"}')
})
