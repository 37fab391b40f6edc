import t, { type Test } from 'tap'
import { z } from 'zod'
import {
  checkOneWay,
  decodeCursor,
  encodeCursor,
  limitOf,
  page,
  seqParam,
} from '../../src/http/pagination.js'
import { historyRange } from '../../src/http/routes/messages.js'
import { PAGE_LIMIT } from '../../src/protocol/limits.js'

type Query = Parameters<typeof historyRange>[1]
interface Chat {
  readonly firstSeq: number
  readonly lastSeq: number
}

/** The seqs from high to low, as a list answers them. */
function seqs({ first, last }: { first: number; last: number }): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => last - index)
}

function all({ firstSeq, lastSeq }: Chat): number[] {
  return seqs({ first: firstSeq, last: lastSeq })
}

/** Small chats of every kind: empty, of one message, with the oldest taken by retention, emptied by it. */
const CHATS: readonly Chat[] = [0, 1, 2, 5, 9, 10, 11].flatMap((lastSeq) =>
  [1, 2, 5, 10, 12].filter((firstSeq) => firstSeq <= lastSeq + 1).map((firstSeq) => ({ firstSeq, lastSeq })),
)
const LIMITS = [1, 2, 3, 5, 10, 100]

/** Calls `check` for each chat and limit, and names the two when it is not satisfied. */
function forEach(t: Test, check: (chat: Chat, limit: number) => boolean): void {
  for (const chat of CHATS)
    for (const limit of LIMITS)
      if (!check(chat, limit)) t.fail(`seqs ${chat.firstSeq} to ${chat.lastSeq}, pages of ${limit}`)
  t.ok(CHATS.length > 20)
}

/** True when the parts, one after the other, are the whole, and none but the last is short. */
function isWhole(parts: readonly number[][], whole: readonly number[], limit: number): boolean {
  const isFull = parts.slice(0, -1).every((part) => part.length === limit)
  return isFull && String(parts.flat()) === String(whole)
}

t.test('pages, one after the other, are the chat', async (t) => {
  forEach(t, (chat, limit) => {
    const pages = Math.ceil(all(chat).length / limit)
    const parts = Array.from({ length: pages }, (_, index) =>
      seqs(historyRange(chat, { page: index + 1, limit })),
    )
    const beyond = seqs(historyRange(chat, { page: pages + 1, limit }))
    const farBeyond = seqs(historyRange(chat, { page: 1_000_000_000, limit }))
    return isWhole(parts, all(chat), limit) && beyond.length === 0 && farBeyond.length === 0
  })
  t.strictSame(
    historyRange({ firstSeq: 1, lastSeq: 9 }, { limit: 4 }),
    { first: 6, last: 9 },
    'page 1 is the default',
  )
})

/** Goes on from the last page's end until there is nothing left; `ask` says how. */
function walk(chat: Chat, ask: (before: number) => Query, from: Query): number[][] {
  const parts: number[][] = []
  for (let query = from; parts.length < 50; ) {
    const part = seqs(historyRange(chat, query))
    if (part.length === 0) break
    parts.push(part)
    query = ask(part.at(-1) ?? 0)
  }
  return parts
}

t.test('going back by `before`, and by cursor, shows the chat', async (t) => {
  forEach(t, (chat, limit) => {
    const byBefore = walk(chat, (before) => ({ before, limit }), { limit })
    const byCursor = walk(chat, (before) => ({ cursor: encodeCursor({ before }), limit }), { limit })
    return isWhole(byBefore, all(chat), limit) && isWhole(byCursor, all(chat), limit)
  })
})

t.test('`before` is what lies below a seq, the newest of it', async (t) => {
  forEach(t, (chat, limit) =>
    [0, 1, 2, 6, 11, 12, 13, Number.MAX_SAFE_INTEGER].every((before) => {
      const expected = all(chat)
        .filter((seq) => seq < before)
        .slice(0, limit)
      return String(seqs(historyRange(chat, { before, limit }))) === String(expected)
    }),
  )
})

t.test('`after` is what lies above a seq, the oldest of it, newest first', async (t) => {
  forEach(t, (chat, limit) =>
    [0, 1, 2, 6, 11, 12, 13, Number.MAX_SAFE_INTEGER].every((after) => {
      const expected = all(chat)
        .filter((seq) => seq > after)
        .slice(-limit)
      return String(seqs(historyRange(chat, { after, limit }))) === String(expected)
    }),
  )
})

t.test('going on by `after` shows the chat', async (t) => {
  forEach(t, (chat, limit) => {
    const parts: number[][] = []
    for (let after = 0; parts.length < 50; ) {
      const part = seqs(historyRange(chat, { after, limit }))
      if (part.length === 0) break
      parts.push(part.reverse())
      after = part.at(-1) ?? 0
    }
    return isWhole(parts, all(chat).reverse(), limit)
  })
})

t.test('one way of asking at a time', async (t) => {
  for (const query of [{}, { limit: 5 }, { page: 1 }, { cursor: 'x', limit: 5 }, { before: 0 }, { after: 0 }])
    t.doesNotThrow(() => checkOneWay(query))
  const ways = { page: 1, cursor: 'x', before: 0, after: 0 }
  for (const first of Object.keys(ways))
    for (const second of Object.keys(ways)) {
      if (first === second) continue
      const query = Object.fromEntries(
        Object.entries(ways).filter(([way]) => way === first || way === second),
      )
      t.throws(() => checkOneWay(query), { code: 'bad_request', message: new RegExp(`${first}|${second}`) })
    }
})

t.test('a cursor comes back as it was', async (t) => {
  const schema = z.object({ activity: z.coerce.date(), id: z.string() })
  const value = { activity: new Date('2026-01-02T03:04:05.678Z'), id: 'Grüße 👋' }
  const cursor = encodeCursor(value)
  t.match(cursor, /^[\w-]+$/, 'fit for a URL')
  t.strictSame(decodeCursor(schema, cursor), value)
})

t.test('a cursor that is not ours is refused', async (t) => {
  const chat = { firstSeq: 1, lastSeq: 10 }
  const forged = [
    { before: 1.5 },
    { before: -1 },
    { before: '5' },
    { before: null },
    { before: 2 ** 53 },
    {},
    [],
    null,
    5,
    { activity: '2026-01-02T03:04:05.678Z', id: 'c' },
  ].map(encodeCursor)
  const infinite = Buffer.from('{"before":1e999}').toString('base64url')
  for (const cursor of [...forged, infinite, '', 'x', '!!!', encodeCursor({ before: 5 }).slice(0, -3)])
    t.throws(() => historyRange(chat, { cursor, limit: 5 }), { code: 'bad_request' }, cursor)
})

t.test('what a query says is checked', async (t) => {
  t.equal(limitOf(50).parse(undefined), 50)
  t.equal(limitOf(50).parse(String(PAGE_LIMIT)), PAGE_LIMIT)
  for (const limit of ['0', String(PAGE_LIMIT + 1), '-1', '1.5', 'x'])
    t.notOk(limitOf(50).safeParse(limit).success, limit)
  t.equal(page.parse('7'), 7)
  for (const number of ['0', '-1', '1.5', 'x', '1e12']) t.notOk(page.safeParse(number).success, number)
  t.equal(seqParam.parse('0'), 0)
  for (const seq of ['-1', '1.5', 'x', '9007199254740992']) t.notOk(seqParam.safeParse(seq).success, seq)
})
