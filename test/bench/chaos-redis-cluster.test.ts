import t from 'tap'
import { runChaos } from './runs.js'

t.test('with masters killed and slots moved of a Redis Cluster no promise is broken', async (t) => {
  const kinds = ['redis-master-killed', 'redis-slot-moved', 'redis-drop-subscribers']
  const { code, output, report } = await runChaos(t, {
    ...{ redis: 'cluster', minutes: '0.7', nodes: '2', users: '20', chats: '10', rate: '30' },
    ...{ faults: '3', seed: '1', kinds: kinds.join(',') },
  })
  t.strictSame(report.violations, [], output)
  t.equal(code, 0)
  t.strictSame(report.faults.map(({ name }) => name).sort(), kinds.sort(), 'each fault was done')
  t.notOk(
    report.faults.some(({ healedAt }) => healedAt === null),
    'and healed',
  )
})
