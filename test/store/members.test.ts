import { commit, forEachStore, makeChat, message, uniqueId } from '../helpers/stores.js'

forEachStore(async (t, open) => {
  const store = await open()

  const add = (chatId: string, members: readonly { userId: string; role: string }[], lastSeq = 0) =>
    store.transaction(async (trx) => await store.members.add(trx, chatId, members, lastSeq, new Date(9)))
  const countOf = async (chatId: string) => (await store.chats.find(chatId))?.member_count
  const member = async (chatId: string, userId: string) => (await store.chats.findFor(chatId, userId))?.member

  t.test('who is added is answered, who was a member already is left as it is', async (t) => {
    const chat = await makeChat(store)
    const ann = { userId: 'ann', role: 'seller' }
    t.same(await add(chat, [ann], 3), [ann])
    const both = await add(
      chat,
      [
        { userId: 'ann', role: 'customer' },
        { userId: 'bob', role: 'customer' },
      ],
      7,
    )
    t.same(both, [{ userId: 'bob', role: 'customer' }])
    t.match(await member(chat, 'ann'), { role: 'seller', last_read_seq: 3 })
    t.match(await member(chat, 'bob'), { role: 'customer', last_read_seq: 7, archived_at: null })
    t.equal(await countOf(chat), 2)
    t.ok(await member(chat, 'ann'))
    t.notOk(await member(chat, 'cem'))
    t.notOk(await member('nowhere', 'ann'))
  })

  t.test('who is removed is a member no more, once', async (t) => {
    const [chat, other] = [await makeChat(store, ['ann', 'bob']), await makeChat(store, ['ann'])]
    const remove = () => store.transaction(async (trx) => await store.members.remove(trx, chat, 'ann'))
    t.equal(await remove(), true)
    t.equal(await remove(), false)
    t.equal(await countOf(chat), 1)
    t.notOk(await member(chat, 'ann'))
    t.ok(await member(other, 'ann'))
  })

  t.test('a role that is set already changes nothing', async (t) => {
    const chat = await makeChat(store, ['ann'])
    const set = (userId: string, role: string) =>
      store.transaction(async (trx) => await store.members.setRole(trx, chat, { userId, role }))
    t.equal(await set('ann', 'support'), true)
    t.equal(await set('ann', 'support'), false)
    t.equal(await set('stranger', 'support'), false)
    t.equal((await member(chat, 'ann'))?.role, 'support')
  })

  t.test('members are listed by id, page by page, with their names', async (t) => {
    const ids = Array.from({ length: 25 }, (_, n) => `user-${String(n).padStart(2, '0')}`)
    const chat = await makeChat(store, [...ids].reverse())
    await store.users.name([{ id: 'user-03', fullName: 'Three', namedAt: new Date() }])
    const pages = await Promise.all([0, 10, 20, 30].map((offset) => store.members.list(chat, 10, offset)))
    t.same(
      pages.map((page) => page.length),
      [10, 10, 5, 0],
    )
    t.same(
      pages.flat().map((row) => row.user_id),
      ids,
    )
    t.match(pages.flat()[3], { full_name: 'Three', last_seen_at: null, role: 'member', last_read_seq: 0 })
    t.match(pages.flat()[4], { full_name: null })
  })

  t.test('the first members of each chat', async (t) => {
    const [big, small] = [await makeChat(store, ['d', 'b', 'a', 'c']), await makeChat(store, ['x'])]
    const [empty, gone] = [await makeChat(store), uniqueId('gone')]
    const first = await store.members.firstOf([big, small, empty, gone], 3)
    t.same(
      [big, small, empty, gone].map((id) => first.get(id)?.map((row) => row.user_id)),
      [['a', 'b', 'c'], ['x'], [], []],
    )
  })

  t.test('a mark only moves up, and never beyond the end', async (t) => {
    const chat = await makeChat(store, ['ann', 'bob'])
    await commit(store, ...Array.from({ length: 5 }, () => message(chat, 'ann')))
    t.same(await store.members.markRead(chat, 'bob', 3), { lastReadSeq: 3, lastSeq: 5 })
    t.equal(await store.members.markRead(chat, 'bob', 3), undefined)
    t.equal(await store.members.markRead(chat, 'bob', 2), undefined)
    t.equal(await store.members.markRead(chat, 'bob', 6), undefined)
    t.equal(await store.members.markRead(chat, 'stranger', 1), undefined)
    t.equal((await member(chat, 'bob'))?.last_read_seq, 3)
  })

  t.test('marks side by side: the highest wins', async (t) => {
    const chat = await makeChat(store, ['ann', 'bob'])
    await commit(store, ...Array.from({ length: 60 }, () => message(chat, 'ann')))
    await Promise.all(
      Array.from({ length: 60 }, (_, n) => store.members.markRead(chat, 'bob', ((n * 7) % 60) + 1)),
    )
    t.equal((await member(chat, 'bob'))?.last_read_seq, 60)
  })

  t.test('archiving is of one member alone, and remembers where the chat ended', async (t) => {
    const chat = await makeChat(store, ['ann', 'bob'])
    await commit(store, message(chat, 'bob'), message(chat, 'bob'))
    t.equal(await store.members.archive(chat, 'ann', new Date(5), true), true)
    t.match(await member(chat, 'ann'), { archived_at: new Date(5), archived_seq: 2, archive_sticky: true })
    t.match(await member(chat, 'bob'), { archived_at: null, archived_seq: null, archive_sticky: false })
    t.equal(await store.members.archive(chat, 'ann', null, false), true)
    t.match(await member(chat, 'ann'), { archived_at: null, archived_seq: null, archive_sticky: false })
    t.equal(await store.members.archive(chat, 'stranger', new Date(), false), false)
  })
})
