import t from 'tap'
import { parseOptions } from '../../bench/chaos/options.js'

t.test('no flag is needed', async (t) => {
  const { minutes, nodes, faults, kinds, logs, seed } = parseOptions([])
  t.match({ minutes, nodes, faults, kinds }, { minutes: 2, nodes: 3, faults: 10, kinds: [] })
  t.equal(logs, `build/chaos/logs-${seed}`)
})

t.test('flags are read', async (t) => {
  const given = '--minutes 10 --nodes 3 --users 200 --chats 100 --faults 40 --seed 7 --out docs/reports/chaos'
  t.match(parseOptions(given.split(' ')), { minutes: 10, users: 200, chats: 100, faults: 40, seed: 7 })
  t.strictSame(parseOptions(['--kinds', 'node-kill,redis-pause']).kinds, ['node-kill', 'redis-pause'])
})

t.test('a bad flag is told in one line', async (t) => {
  t.throws(() => parseOptions(['--minutes', 'ten']), { message: /^--minutes: [^\n]+$/ })
  t.throws(() => parseOptions(['--kinds', 'node-kil']), { message: /^--kinds: no such kind of fault[^\n]*$/ })
  t.throws(() => parseOptions(['--kinds', 'redis-slot-moved']), {
    message: '--kinds: redis-slot-moved is nothing for what runs here',
  })
  t.throws(() => parseOptions(['--redis', 'cluster', '--kinds', 'redis-link-cut']), /nothing for what runs/)
  t.throws(() => parseOptions(['--kinds', 'worker-kill']), /nothing for what runs/)
  t.strictSame(parseOptions(['--workers', '2', '--kinds', 'worker-kill']).kinds, ['worker-kill'])
  t.throws(() => parseOptions(['--hours', '1']), { message: /^the flags are --minutes [^\n]+$/ })
  t.throws(() => parseOptions(['run']), { message: /^the flags are --minutes [^\n]+$/ })
})
