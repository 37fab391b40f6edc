import type { Test } from 'tap'
import { createInProcessBus } from '../../src/adapters/bus-in-process.js'
import { createPgBossJobQueue } from '../../src/adapters/job-queue-pg-boss.js'
import { createInProcessLeases } from '../../src/adapters/leases-in-process.js'
import { createChanges } from '../../src/chat/changes.js'
import { createEventCommit } from '../../src/chat/commit-events.js'
import { createErasure, ERASED_NAME } from '../../src/chat/erasure.js'
import { type ChatEvent, createEvents } from '../../src/chat/events.js'
import { createInbox } from '../../src/chat/inbox.js'
import { createMembers } from '../../src/chat/members.js'
import { newId } from '../../src/chat/new-id.js'
import { createPresence } from '../../src/chat/presence.js'
import { createUsers } from '../../src/chat/users.js'
import type { Store } from '../../src/store/store.js'
import { commit, forEachStore, makeChat, message, silent, uniqueId } from '../helpers/stores.js'

/** A node's part in erasures, as one process has it; `told` are the events that its sessions would see. */
function createNode(t: Test, store: Store) {
  const bus = createInProcessBus()
  const events = createEvents(bus)
  const told: ChatEvent[] = []
  const heard: ((event: ChatEvent) => void)[] = [(event) => void told.push(event)]
  events.onCommitted((event) => {
    for (const hear of heard) hear(event)
  })
  const inbox = createInbox({ store, bus, logger: silent })
  const leases = createInProcessLeases()
  const presence = createPresence({
    ...{ store, bus, leases },
    logger: silent,
    leaseMs: 60_000,
    offlineHoldMs: 0,
  })
  t.teardown(async () => {
    inbox.close()
    await presence.close()
  })
  const commitEvents = createEventCommit({ store, events })
  const users = createUsers({ store, bus })
  const members = createMembers({ store, changeChat: createChanges(commitEvents), users, inbox, presence })
  const ended: string[] = []
  const erasure = createErasure({
    ...{ store, users, members, commitEvents, inbox, logger: silent },
    jobs: createPgBossJobQueue({ execute: store.execute, logger: silent }),
    endSessions: async (userId) => ended.push(userId),
  })
  return { erasure, told, heard, ended }
}

async function contentsOf(store: Store, chatId: string): Promise<string[]> {
  return (await store.messages.range(chatId, 1, 10_000)).map(({ content }) => content).reverse()
}

forEachStore(async (t, open) => {
  const store = await open()

  t.test('a node that ends midway leaves the rest to the next one, and nothing is done twice', async (t) => {
    const [ann, bob] = [uniqueId('ann'), uniqueId('bob')]
    const [one, two] = [await makeChat(store, [ann, bob]), await makeChat(store, [ann, bob])]
    const said = Array.from({ length: 230 }, (_, n) =>
      message(one, n % 23 === 0 ? bob : ann, { content: `${n}` }),
    )
    await commit(store, ...said)
    await commit(store, message(two, ann), message(two, bob, { content: 'stays' }))
    await store.users.name([{ id: ann, fullName: 'Ann', namedAt: new Date() }])
    const request = await store.erasure.request(newId(), ann, 'shop')
    t.match(await store.erasure.request(newId(), ann, 'shop'), { id: request.id }, 'a repeat is the same')

    const first = createNode(t, store)
    first.heard.push(({ chatId, frame }) => {
      if (chatId === one && frame.toString().includes('"message_deleted"')) first.erasure.stop()
    })
    await first.erasure.run()
    const half = (await contentsOf(store, one)).filter((content) => content === '')
    t.ok(half.length > 0 && half.length < 220, `${half.length} of 220 are erased`)
    const [other] = await contentsOf(store, two)
    const messages = half.length + (other === '' ? 1 : 0)
    t.match(await store.erasure.open(10), [{ id: request.id, messages }])

    const second = createNode(t, store)
    await second.erasure.run()
    t.same(await store.erasure.open(10), [])
    t.same(second.ended, [ann])
    const bobs = said.filter(({ senderId }) => senderId === bob)
    t.same(
      (await contentsOf(store, one)).filter((content) => content !== ''),
      bobs.map(({ content }) => content),
    )
    t.same(await contentsOf(store, two), ['', 'stays'])
    const revs = [...first.told, ...second.told].filter(({ chatId }) => chatId === one).map(({ rev }) => rev)
    t.same(
      revs,
      Array.from({ length: 221 }, (_, n) => 231 + n),
      'one event each, after the one that takes the user out',
    )
    t.match(await store.users.names([ann]), [{ fullName: ERASED_NAME }])
    const entries = await store.audit.list({ userId: ann, action: undefined, limit: 10, from: { offset: 0 } })
    t.match(entries, [
      {
        action: 'erasure_finished',
        detail: { erasure: request.id, chats: 2, messages: 221, attachments: 0 },
      },
      { action: 'erasure_requested', id: request.id },
    ])
  })

  t.test('names in events, idempotency keys and the time last seen go too', async (t) => {
    const [ann, bob] = [uniqueId('ann'), uniqueId('bob')]
    const chatId = await makeChat(store, [bob])
    await store.users.name([{ id: ann, fullName: 'Ann Lee', namedAt: new Date() }])
    await store.transaction(async (trx) => {
      const added = (userId: string, fullName: string) => ({
        ...{ kind: 'member_added', seq: null },
        detail: { userId, fullName, role: 'customer' },
      })
      await store.chats.lock(trx, chatId)
      await store.members.add(trx, chatId, [{ userId: ann, role: 'customer' }], 0, new Date())
      await store.events.append(trx, chatId, [added(ann, 'Ann Lee'), added(bob, 'Bob')], new Date())
      await store.chats.claimRequest(trx, ann, 'key', chatId, new Date())
    })
    const { erasure } = createNode(t, store)
    await store.erasure.request(newId(), ann, 'shop')
    await erasure.run()
    const { rows } = await store.execute(
      'select kind, detail from chat_events where chat_id = $1 order by rev',
      [chatId],
    )
    t.match(rows, [
      { kind: 'member_added', detail: { userId: ann, fullName: ERASED_NAME, role: 'customer' } },
      { kind: 'member_added', detail: { userId: bob, fullName: 'Bob' } },
      { kind: 'member_removed', detail: { userId: ann } },
    ])
    const requests = await store.execute('select * from chat_requests where user_id = $1', [ann])
    t.same(requests.rows, [])

    // The word of the session's end comes after the erasure.
    await store.users.seen(new Map([[ann, new Date()]]))
    await store.execute(
      `update erasures set finished_at = finished_at - interval '2 minutes' where user_id = $1`,
      [ann],
    )
    await store.execute(`update users set last_seen_at = last_seen_at - interval '2 minutes' where id = $1`, [
      ann,
    ])
    await erasure.run()
    t.match(await store.export.user(ann), { full_name: ERASED_NAME, last_seen_at: null })
    const left = await store.execute('select * from erasures where user_id = $1', [ann])
    t.same(left.rows, [])
  })
})
