import { sql } from 'kysely'
import { until } from '../helpers/clients.js'
import { forEachStore } from '../helpers/stores.js'

const LONG_AGO = new Date(0)

forEachStore(async (t, open) => {
  const store = await open()

  t.test('it tells what time it is, and whose sessions were to end', async (t) => {
    const before = await store.endedSessions.since(LONG_AGO)
    t.same(before.ended, [])
    const endedAt = await store.endedSessions.end('ann')
    const after = await store.endedSessions.since(before.now)
    t.same(after.ended, [{ userId: 'ann', endedAt }])
    t.ok(before.now <= endedAt && endedAt <= after.now, 'one clock')
    t.same((await store.endedSessions.since(endedAt)).ended, [], 'not again to who has seen it')
  })

  t.test('the last time counts', async (t) => {
    const first = await store.endedSessions.end('bob')
    let last = first
    await until(async () => {
      last = await store.endedSessions.end('bob')
      return last > first
    }, 'a later moment')
    const { ended } = await store.endedSessions.since(LONG_AGO)
    t.same(
      ended.filter(({ userId }) => userId === 'bob'),
      [{ userId: 'bob', endedAt: last }],
    )
  })

  t.test('rows that every node has long seen are cleared away', async (t) => {
    await store.transaction(async (trx) => {
      await sql`
        insert into ended_sessions (user_id, ended_at)
        select 'old-' || n, now() - interval '25 hours' from generate_series(1, 150) n`.execute(trx)
      await sql`insert into ended_sessions values ('young', now() - interval '23 hours')`.execute(trx)
    })
    for (const userId of ['ann', 'bob']) await store.endedSessions.end(userId)
    const { ended } = await store.endedSessions.since(LONG_AGO)
    t.same(ended.map(({ userId }) => userId).sort(), ['ann', 'bob', 'young'])
  })

  t.test('many at once for one user', async (t) => {
    const moments = await Promise.all(Array.from({ length: 20 }, () => store.endedSessions.end('cem')))
    const { ended } = await store.endedSessions.since(LONG_AGO)
    const [cem] = ended.filter(({ userId }) => userId === 'cem')
    t.equal(cem?.endedAt.getTime(), Math.max(...moments.map((at) => at.getTime())), 'no earlier one is left')
  })
})
