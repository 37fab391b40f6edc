import t from 'tap'
import { runChaos } from './runs.js'

t.test('under a handful of faults no promise is broken', async (t) => {
  const kinds = ['node-kill', 'redis-kill', 'redis-drop-subscribers', 'postgres-answers-lost', 'clients-cut']
  const { code, output, page, report } = await runChaos(t, {
    ...{ minutes: '0.5', nodes: '2', users: '20', chats: '10', rate: '30', faults: '5', seed: '1' },
    kinds: kinds.join(','),
  })
  t.strictSame(report.violations, [], output)
  t.equal(code, 0)
  t.strictSame(report.faults.map(({ name }) => name).sort(), kinds.sort(), 'each fault was done')
  t.notOk(
    report.faults.some(({ healedAt }) => healedAt === null),
    'and healed',
  )
  const { acked, pushed, resumes } = report.figures.counts
  t.ok(acked > 100 && pushed > acked && resumes > 0, `${acked} acked, ${pushed} pushed, ${resumes} resumes`)
  t.match(page, /No promise was broken/)
  t.match(output, /seed 1\n/)
})
