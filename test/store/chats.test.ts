import { archivedAt } from '../../src/chat/views.js'
import type { ChatQuery } from '../../src/store/chats.js'
import type { Store } from '../../src/store/store.js'
import { commit, forEachStore, makeChat, message, uniqueId } from '../helpers/stores.js'

/** All chats of a user, the latest first. */
function query(userId: string, more: Partial<ChatQuery> = {}): ChatQuery {
  return {
    userId,
    archived: undefined,
    type: undefined,
    orderId: undefined,
    q: undefined,
    limit: 100,
    from: { offset: 0 },
    ...more,
  }
}

async function ids(store: Store, asked: ChatQuery): Promise<string[]> {
  return (await store.chats.list(asked)).map(({ chat }) => chat.id)
}

/** Numbers that look random and are the same in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >> 8) % below
  }
}

forEachStore(async (t, open) => {
  const store = await open()

  t.test('a chat is found as it was made, for its members and others', async (t) => {
    const metadata = { shop: 'ż🐢', list: [1, { a: null }] }
    const at = new Date('2026-01-02T03:04:05.678Z')
    const made = { type: 'order', orderId: 'o-1', subject: 'Order "1"', metadata, createdAt: at } as const
    const id = await makeChat(store, ['ann'], made)
    const chat = {
      id,
      type: 'order',
      order_id: 'o-1',
      subject: 'Order "1"',
      metadata,
      member_count: 1,
      first_seq: 1,
      last_seq: 0,
      last_rev: 0,
      created_at: at,
      last_message_at: null,
      closed_at: null,
      first_rev: 1,
      oldest_at: null,
    }
    t.strictSame(await store.chats.find(id), chat)
    const mine = await store.chats.findFor(id, 'ann')
    t.match(mine?.chat, chat)
    t.match(mine?.member, { role: 'member', last_read_seq: 0, archive_sticky: false })
    const foreign = await store.chats.findFor(id, 'bob')
    t.match(foreign?.chat, chat)
    t.equal(foreign?.member, undefined)
    t.equal(await store.chats.find('nowhere'), undefined)
    t.equal(await store.chats.findFor('nowhere', 'ann'), undefined)
  })

  t.test('an order, and an idempotency key, belong to the first who claims them', async (t) => {
    const claimOrder = (order: string, chat: string) =>
      store.transaction(async (trx) => [
        await store.chats.claimOrder(trx, order, chat),
        await store.chats.idOfOrder(trx, order),
      ])
    t.same(await claimOrder('o-9', 'first'), [true, 'first'])
    t.same(await claimOrder('o-9', 'second'), [false, 'first'])
    const claimKey = (user: string, key: string, chat: string) =>
      store.transaction(async (trx) => await store.chats.claimRequest(trx, user, key, chat, new Date()))
    t.equal(await claimKey('ann', 'k', 'first'), 'first')
    t.equal(await claimKey('ann', 'k', 'second'), 'first')
    t.equal(await claimKey('bob', 'k', 'third'), 'third')
    const claims = await Promise.all(Array.from({ length: 20 }, (_, n) => claimOrder('raced', `chat-${n}`)))
    t.equal(claims.filter(([won]) => won).length, 1)
    t.equal(new Set(claims.map(([, chat]) => chat)).size, 1)
  })

  t.test("only one's own chats, the latest activity first", async (t) => {
    const user = uniqueId('user')
    const at = (day: number) => new Date(Date.UTC(2026, 0, day))
    const old = await makeChat(store, [user], { createdAt: at(1) })
    const young = await makeChat(store, [user], { createdAt: at(3) })
    const middle = await makeChat(store, [user, 'other'], { createdAt: at(2) })
    await makeChat(store, ['other'])
    t.same(await ids(store, query(user)), [young, middle, old])
    await commit(store, message(old, user))
    t.same(await ids(store, query(user)), [old, young, middle])
    const [first] = await store.chats.list(query(user))
    t.strictSame(first?.activity, first?.chat.last_message_at)
    t.match(first?.member, { last_read_seq: 1 })
    t.equal(await store.chats.count(query(user)), 3)
    t.equal(await store.chats.count(query(uniqueId('nobody'))), 0)
  })

  t.test('the archived rule is that of chat/views.ts, on states of every kind', async (t) => {
    const random = numbers(7)
    const user = uniqueId('user')
    for (let n = 0; n < 60; n += 1) {
      const chat = await makeChat(store, [user, 'other'])
      for (let step = 0; step < 4; step += 1) {
        const what = random(4)
        if (what === 0) await commit(store, message(chat, 'other'))
        else
          await store.members.archive(
            chat,
            user,
            what === 3 ? null : new Date(),
            what !== 3 && random(2) === 0,
          )
      }
    }
    const all = await store.chats.list(query(user))
    const isArchived = (row: (typeof all)[number]) => archivedAt(row.member, row.chat) !== null
    const expected = { true: all.filter(isArchived), false: all.filter((row) => !isArchived(row)) }
    t.equal(all.length, 60)
    t.ok(expected.true.length > 10 && expected.false.length > 10, 'both kinds were made')
    for (const archived of [true, false]) {
      const wanted = expected[`${archived}`].map(({ chat }) => chat.id)
      t.same(await ids(store, query(user, { archived })), wanted)
      t.equal(await store.chats.count(query(user, { archived })), wanted.length)
    }
  })

  t.test('by type and order', async (t) => {
    const user = uniqueId('user')
    const orderId = uniqueId('order')
    const order = await makeChat(store, [user], { type: 'order', orderId })
    const general = await makeChat(store, [user])
    t.same(await ids(store, query(user, { type: 'order' })), [order])
    t.same(await ids(store, query(user, { type: 'general' })), [general])
    t.same(await ids(store, query(user, { orderId })), [order])
    t.same(await ids(store, query(user, { orderId: 'another' })), [])
    t.same(await ids(store, query(user, { type: 'general', orderId })), [])
  })

  t.test('q is looked for as it stands, in subjects and in the names of members', async (t) => {
    const user = uniqueId('user')
    const friend = uniqueId('friend')
    await store.users.name([{ id: friend, fullName: 'Żółw_Ann 100%', namedAt: new Date() }])
    const subjects = ['100% off', '1000 off', 'a_b', 'axb', 'back\\slash', 'backslash', 'Shoes']
    const bySubject = new Map<string, string>()
    for (const subject of subjects) bySubject.set(subject, await makeChat(store, [user], { subject }))
    const withFriend = await makeChat(store, [user, friend])
    const found = async (q: string) => new Set(await ids(store, query(user, { q })))
    const chatsOf = (...names: string[]) => new Set(names.map((name) => bySubject.get(name)))
    t.strictSame(await found('0% o'), chatsOf('100% off'))
    t.strictSame(await found('a_b'), chatsOf('a_b'))
    t.strictSame(await found('k\\s'), chatsOf('back\\slash'))
    t.strictSame(await found('\\'), chatsOf('back\\slash'))
    t.strictSame(await found('sHOE'), chatsOf('Shoes'), 'without regard to case')
    t.strictSame(await found('w_ann'), new Set([withFriend]))
    t.strictSame(await found('100%'), new Set([bySubject.get('100% off'), withFriend]))
    t.strictSame(await found("'; drop table chats; --"), new Set())
    t.equal(await store.chats.count(query(user, { q: '100%' })), 2)
    t.same(await ids(store, query(friend, { q: 'Shoes' })), [], "never another's chats")
  })

  t.test('pages by cursor and by offset add up to the whole list, also where times are equal', async (t) => {
    const random = numbers(3)
    const user = uniqueId('user')
    for (let n = 0; n < 45; n += 1)
      await makeChat(store, [user], {
        createdAt: new Date(Date.UTC(2026, 0, 1 + random(5), 0, 0, 0, random(3))),
      })
    const whole = await ids(store, query(user))
    t.equal(new Set(whole).size, 45)
    for (const limit of [1, 7, 45]) {
      const byOffset: string[] = []
      for (let offset = 0; offset < 45; offset += limit)
        byOffset.push(...(await ids(store, query(user, { limit, from: { offset } }))))
      t.same(byOffset, whole)

      const byCursor: string[] = []
      let page = await store.chats.list(query(user, { limit }))
      while (page.length > 0) {
        byCursor.push(...page.map(({ chat }) => chat.id))
        const last = page.at(-1)
        if (last === undefined) break
        page = await store.chats.list(
          query(user, { limit, from: { activity: last.activity, id: last.chat.id } }),
        )
      }
      t.same(byCursor, whole)
    }
  })

  t.test('revs, and the views of chats that are not too big', async (t) => {
    const [small, big] = [await makeChat(store, ['ann', 'bob']), await makeChat(store, ['ann', 'bob', 'cem'])]
    await commit(store, message(small, 'ann'), message(small, 'ann'), message(big, 'cem'))
    t.strictSame(
      await store.chats.revs([small, big, 'nowhere']),
      new Map([
        [small, 2],
        [big, 1],
      ]),
    )
    const views = await store.chats.views([small, big], 2)
    t.same(views.map(({ id, user_id, last_read_seq }) => [id, user_id, last_read_seq]).sort(), [
      [small, 'ann', 2],
      [small, 'bob', 0],
    ])
  })

  t.test('closing and opening again', async (t) => {
    const chat = await makeChat(store)
    const set = (at: Date | null) =>
      store.transaction(async (trx) => await store.chats.setClosed(trx, chat, at))
    await set(new Date(77))
    t.strictSame((await store.chats.find(chat))?.closed_at, new Date(77))
    await set(null)
    t.equal((await store.chats.find(chat))?.closed_at, null)
  })
})
