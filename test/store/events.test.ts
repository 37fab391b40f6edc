import { commit, forEachStore, makeChat, message } from '../helpers/stores.js'

forEachStore(async (t, open) => {
  const store = await open()

  const append = (chatId: string, kind: string, detail: Record<string, unknown> = {}) =>
    store.transaction(async (trx) => {
      await store.chats.lock(trx, chatId)
      await store.events.append(trx, chatId, [{ kind, seq: null, detail }], new Date(7))
      return (await store.chats.lock(trx, chatId))?.last_rev ?? 0
    })

  t.test('events and messages share one numbering', async (t) => {
    const chat = await makeChat(store, ['ann'])
    t.equal(await append(chat, 'closed'), 1)
    await commit(store, message(chat, 'ann'), message(chat, 'ann'))
    t.equal(await append(chat, 'reopened'), 4)
    t.match(await store.messages.range(chat, 1, 9), [
      { seq: 2, rev: 3 },
      { seq: 1, rev: 2 },
    ])
    t.match(await store.chats.find(chat), { last_seq: 2, last_rev: 4 })
  })

  async function eventsOf(chatId: string, afterRev: number, rev: number) {
    const chat = await store.chats.find(chatId)
    const rows = chat === undefined ? [] : await store.events.between([{ chat, afterRev, rev }])
    return rows.map(({ item, ...row }) => row)
  }

  t.test('they are read after one rev and up to another, in order, with their detail', async (t) => {
    const [chat, other] = [await makeChat(store), await makeChat(store)]
    const detail = { userId: 'ann "\\ ż🐢', deep: { list: [1, null] } }
    for (const kind of ['one', 'two', 'three', 'four']) await append(chat, kind, detail)
    await append(other, 'of another chat')
    t.strictSame(await eventsOf(chat, 1, 3), [
      { chat_id: chat, rev: 2, kind: 'two', seq: null, detail, created_at: new Date(7) },
      { chat_id: chat, rev: 3, kind: 'three', seq: null, detail, created_at: new Date(7) },
    ])
    t.same(await eventsOf(chat, 4, 99), [])
  })

  t.test('an event names the message that it is about', async (t) => {
    const chat = await makeChat(store)
    const at = new Date(7)
    await store.transaction(async (trx) => {
      await store.chats.lock(trx, chat)
      const about = [3, null, 1].map((seq) => ({ kind: 'k', seq, detail: {} }))
      await store.events.append(trx, chat, about, at)
    })
    t.match(await eventsOf(chat, 0, 9), [{ seq: 3 }, { seq: null }, { seq: 1 }])
  })

  t.test('appended side by side, and beside flushes, they leave no hole', async (t) => {
    const chat = await makeChat(store, ['ann'])
    const revs = await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        if (n % 2 === 0) return await append(chat, 'event')
        const [row] = await commit(store, message(chat, 'ann'))
        return row !== undefined && 'rev' in row ? row.rev : -1
      }),
    )
    t.same(
      revs.sort((a, b) => a - b),
      Array.from({ length: 40 }, (_, n) => n + 1),
    )
  })

  t.test('several at once take numbers in their order; none takes none', async (t) => {
    const chat = await makeChat(store)
    await append(chat, 'first')
    const kinds = ['a', 'b', 'c']
    await store.transaction(async (trx) => {
      await store.chats.lock(trx, chat)
      await store.events.append(
        trx,
        chat,
        kinds.map((kind) => ({ kind, seq: null, detail: {} })),
        new Date(7),
      )
      await store.events.append(trx, chat, [], new Date(7))
    })
    t.match(
      await eventsOf(chat, 1, 99),
      kinds.map((kind, index) => ({ kind, rev: index + 2 })),
    )
    t.match(await store.chats.find(chat), { last_rev: 4 })
  })

  t.test('an event of a transaction that fails takes no number', async (t) => {
    const chat = await makeChat(store)
    await t.rejects(
      store.transaction(async (trx) => {
        await store.events.append(trx, chat, [{ kind: 'never', seq: null, detail: {} }], new Date())
        throw new Error('no')
      }),
      { message: 'no' },
    )
    t.equal(await append(chat, 'first'), 1)
  })

  t.test('a chat that is not there has no events', async (t) => {
    await t.rejects(append('nowhere', 'event'))
  })
})
