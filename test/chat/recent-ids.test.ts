import t from 'tap'
import { RecentIds } from '../../src/chat/recent-ids.js'

t.test('what was noted is known, by all three of its parts', async (t) => {
  const recent = new RecentIds()
  t.equal(recent.note('chat', 'ann', '1'), false)
  t.equal(recent.note('chat', 'ann', '1'), true)
  t.equal(recent.note('chat', 'ann', '2'), false)
  t.equal(recent.note('chat', 'bob', '1'), false)
  t.equal(recent.note('chat2', 'ann', '1'), false)
  t.equal(recent.note('chatann', '', '1'), false, 'what belongs to which part counts')
})

t.test('of many ids none is mistaken for another, and few are forgotten', async (t) => {
  const recent = new RecentIds()
  const ids = Array.from({ length: 20_000 }, (_, index) => `client-${index}`)
  t.equal(ids.filter((id) => recent.note('chat', 'ann', id)).length, 0)
  const known = ids.filter((id) => recent.note('chat', 'ann', id)).length
  t.ok(known > 0.9 * ids.length, `${known} are still known`)
})
