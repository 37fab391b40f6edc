import t from 'tap'
import { Roster } from '../../src/sessions/roster.js'

t.test('a node is met once', async (t) => {
  const roster = new Roster()
  t.ok(roster.meet('n1'))
  t.notOk(roster.meet('n1'))
  t.ok(roster.meet('n2'))
})

t.test('a user is there as long as one node says so', async (t) => {
  const roster = new Roster()
  t.notOk(roster.has('ann'))
  roster.add('n1', 'ann')
  roster.add('n1', 'ann')
  roster.add('n2', 'ann')
  roster.add('n2', 'bob')
  t.ok(roster.has('ann'))
  roster.remove('n1', 'ann')
  t.ok(roster.has('ann'), 'still on the other node')
  roster.remove('n1', 'ann')
  t.ok(roster.has('ann'))
  roster.remove('n2', 'ann')
  t.notOk(roster.has('ann'))
  t.ok(roster.has('bob'))
  roster.remove('n1', 'nobody')
})

t.test('a user who is offline is gone from every node', async (t) => {
  const roster = new Roster()
  roster.add('n1', 'ann')
  roster.add('n2', 'ann')
  t.ok(roster.forget('ann'))
  t.notOk(roster.has('ann'))
  t.notOk(roster.forget('ann'), 'it was on none')
})
