import t from 'tap'
import {
  COLLECTED,
  COLLECTOR,
  lastSeqOf,
  membersOf,
  placeOf,
  planHistory,
} from '../../bench/load/history/plan.js'
import { accessOf, readStatements, scanned } from '../../bench/load/history/plans.js'
import { fillings } from '../../bench/load/history/rows.js'

const plan = planHistory(123_450)
const chats = Array.from({ length: plan.chats + 1 }, (_, chat) => chat)

t.test('every chat has its numbers without a hole, and as many as its row says', async (t) => {
  const last = chats.map(() => 0)
  let holes = 0
  for (let n = 0; n < plan.messages; n++) {
    const { chat, seq } = placeOf(plan, n)
    if (seq !== (last[chat] ?? 0) + 1) holes += 1
    last[chat] = seq
  }
  t.equal(holes, 0)
  t.strictSame(
    last,
    chats.map((chat) => lastSeqOf(plan, chat)),
  )
  t.equal(last[plan.chats], plan.deepMessages)
})

t.test('the collector is in so many chats and the deep one, and no pair is one user', async (t) => {
  for (const messages of [100_000, 123_450, 1_000_000]) {
    const some = planHistory(messages)
    const members = Array.from({ length: some.chats + 1 }, (_, chat) => membersOf(some, chat))
    t.equal(members.filter(([one]) => one === COLLECTOR).length, COLLECTED + 1)
    t.ok(members.every(([one, other]) => one !== other && Math.max(one, other) <= 2 * some.chats + 2))
  }
})

t.test('a row has a value for each column', async (t) => {
  for (const { table, columns, row } of fillings(plan))
    t.equal(row(0).trimEnd().split('\t').length, columns.length, table)
})

const logged = (text: string, plan: object) =>
  `2026-01-01 LOG:  duration: 0.02 ms  plan:\n${JSON.stringify({ 'Query Text': text, Plan: plan }, null, 1)
    .split('\n')
    .map((line) => `\t${line}\n`)
    .join('')}`
const seek = {
  'Node Type': 'Index Scan',
  'Index Name': 'messages_pkey',
  'Relation Name': 'messages',
  'Actual Rows': 50,
  'Actual Loops': 1,
  'Shared Hit Blocks': 4,
  'Shared Read Blocks': 2,
}
const scan = { 'Node Type': 'Seq Scan', 'Relation Name': 'users', 'Actual Rows': 9, 'Actual Loops': 1 }
const join = { 'Node Type': 'Hash Join', 'Actual Rows': 50, 'Actual Loops': 1, Plans: [seek, scan] }

t.test('plans are read from the log of Postgres', async (t) => {
  const log = `${logged('select 1', seek)}2026-01-01 LOG:  checkpoint starting: time\n${logged('select 2', scan)}${logged('select 1', join)}`
  const [found, ...others] = readStatements(log, 2)
  t.strictSame(others, [], 'what is rarer than the requests is not theirs')
  t.match(found, { text: 'select 1', times: 2 })
  if (found === undefined) return
  t.equal(accessOf(found.plan), 'Index Scan messages_pkey, Seq Scan users')
  t.strictSame(scanned(found.plan), ['users'])
  t.match(found.plan.below[0], { pages: 6, disk: 2 })
})
