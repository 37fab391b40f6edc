import t from 'tap'
import { Roster } from '../../src/sessions/roster.js'

t.test('a node is new until it has said who is there, and again when nobody is left', async (t) => {
  const roster = new Roster()
  t.ok(roster.isNew('n1'))
  roster.add('n1', 'ann')
  roster.add('n1', 'bob')
  t.notOk(roster.isNew('n1'))
  t.ok(roster.isNew('n2'))
  roster.remove('n1', 'ann')
  t.notOk(roster.isNew('n1'))
  roster.remove('n1', 'bob')
  t.ok(roster.isNew('n1'), 'it has forgotten us too')
})

t.test('a user is there as long as one node says so', async (t) => {
  const roster = new Roster()
  t.notOk(roster.has('ann'))
  roster.add('n1', 'ann')
  roster.add('n1', 'ann')
  roster.add('n2', 'ann')
  roster.add('n2', 'bob')
  t.ok(roster.has('ann'))
  t.ok(roster.remove('n1', 'ann'))
  t.ok(roster.has('ann'), 'still on the other node')
  t.notOk(roster.remove('n1', 'ann'), 'it was not there any more')
  t.ok(roster.has('ann'))
  t.ok(roster.remove('n2', 'ann'))
  t.notOk(roster.has('ann'))
  t.ok(roster.has('bob'))
  t.notOk(roster.remove('n1', 'nobody'))
})

t.test('a user who is offline is gone from every node', async (t) => {
  const roster = new Roster()
  roster.add('n1', 'ann')
  roster.add('n2', 'ann')
  t.ok(roster.forget('ann'))
  t.notOk(roster.has('ann'))
  t.ok(roster.isNew('n1'))
  t.notOk(roster.forget('ann'), 'it was on none')
})
