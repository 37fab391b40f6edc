import { newId } from '../../src/chat/new-id.js'
import { daysAgo } from '../helpers/aged.js'
import { forEachStore } from '../helpers/stores.js'

const every = { userId: undefined, action: undefined }

forEachStore(async (t, open) => {
  const store = await open()

  t.test('entries are added, and none can be changed', async (t) => {
    const entry = { id: newId(), actor: 'shop', userId: 'ann', detail: { chats: 1 } }
    await store.audit.add({ ...entry, action: 'export_requested' })
    await t.rejects(store.execute(`update audit set actor = 'nobody'`, []), /only added/)
    await t.rejects(store.execute('truncate audit', []), /only added/)
    t.match(await store.audit.list({ ...every, limit: 10, from: { offset: 0 } }), [
      { id: entry.id, actor: 'shop', action: 'export_requested', user_id: 'ann', detail: { chats: 1 } },
    ])
  })

  t.test('they are taken by age, a few at a time', async (t) => {
    await store.execute('delete from audit', [])
    for (let day = 5; day > 0; day -= 1)
      await store.execute(
        `insert into audit (id, at, actor, action, user_id, detail)
        values (gen_random_uuid(), $1, 'shop', 'export_requested', 'ann', '{}')`,
        [daysAgo(day)],
      )
    const before = daysAgo(1.5)
    t.equal(await store.audit.removeBefore(before, 3), 3)
    t.equal(await store.audit.removeBefore(before, 3), 1)
    t.equal(await store.audit.removeBefore(before, 3), 0)
    t.equal(await store.audit.count(every), 1)
  })
})
