import t from 'tap'
import { byteRange } from '../../src/http/byte-range.js'

t.test('one range, cut to what there is', async (t) => {
  for (const [header, first, last] of [
    ['bytes=0-0', 0, 0],
    ['bytes=2-4', 2, 4],
    ['bytes=7-', 7, 9],
    ['bytes=9-9', 9, 9],
    ['bytes=8-99', 8, 9],
    ['bytes=-3', 7, 9],
    ['bytes=-99', 0, 9],
  ] as const)
    t.strictSame(byteRange(header, 10), { first, last }, header)
})

t.test('a range of nothing', async (t) => {
  for (const header of ['bytes=10-', 'bytes=10-12', 'bytes=-0'])
    t.equal(byteRange(header, 10), 'none', header)
  for (const header of ['bytes=0-', 'bytes=0-5', 'bytes=-5']) t.equal(byteRange(header, 0), 'none', header)
})

t.test('whatever else means all', async (t) => {
  for (const header of [
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=4-2',
    'bytes=0-1,3-4',
    'bytes=1.5-2',
    'bytes= 1-2',
    'lines=1-2',
    `bytes=${'9'.repeat(400)}-`,
  ])
    t.equal(byteRange(header, 10), undefined, header ?? 'no header')
})
