import type { Store } from '../../src/store/store.js'
import { commit, forEachStore, makeChat, message } from '../helpers/stores.js'

const MANY = 500
const LARGE = 1_000_000

async function say(store: Store, chatId: string, count: number, content = 'hello'): Promise<void> {
  await commit(store, ...Array.from({ length: count }, () => message(chatId, 'ann', { content })))
}

async function edit(store: Store, chatId: string, seq: number): Promise<number> {
  return await store.transaction(async (trx) => {
    const chat = await store.chats.lock(trx, chatId)
    const found = await store.messages.find(trx, chatId, seq)
    if (chat === undefined || found === undefined) throw new Error('there is no such message')
    const at = new Date()
    await store.messages.edit(trx, found, `edited ${seq}`, { rev: chat.last_rev + 1, at })
    await store.events.append(trx, chatId, [{ kind: 'message_edited', seq, detail: {} }], at)
    return chat.last_rev + 1
  })
}

forEachStore(async (t, open) => {
  const store = await open()

  t.test('the views of many members at once; of who is none there is no row', async (t) => {
    const [one, two] = [await makeChat(store, ['ann', 'bob']), await makeChat(store, ['ann'])]
    await say(store, two, 3)
    const rows = await store.snapshots.views([
      { chatId: one, userId: 'ann' },
      { chatId: two, userId: 'bob' },
      { chatId: 'no-such-chat', userId: 'ann' },
      { chatId: two, userId: 'ann' },
      { chatId: one, userId: 'ann' },
    ])
    t.same(rows.map(({ item }) => item).sort(), [1, 4, 5])
    const view = rows.find(({ item }) => item === 4)
    t.match(view, { id: two, last_seq: 3, last_rev: 3, last_read_seq: 3, role: 'member', first_rev: 1 })
    t.equal(view?.epoch, await store.cluster.epoch())
  })

  t.test('ranges of several chats, each in its order, with where to go on', async (t) => {
    const [one, two] = [await makeChat(store, ['ann']), await makeChat(store, ['ann'])]
    await say(store, one, 4)
    await say(store, two, 2)
    t.equal(await edit(store, one, 2), 5)
    const bySeq = await store.snapshots.bySeq(
      [
        { chatId: one, first: 1, last: 4 },
        { chatId: 'no-such-chat', first: 1, last: 9 },
        { chatId: two, first: 2, last: 2 },
      ],
      MANY,
      LARGE,
    )
    t.same(
      bySeq.map((row) => [row.item, row.seq, row.changed_rev, row.least_rev]),
      [
        [1, 1, 1, 1],
        [1, 2, 5, 3],
        [1, 3, 3, 3],
        [1, 4, 4, 4],
        [3, 2, 2, 2],
      ],
    )
    const changed = await store.snapshots.changed([{ chatId: one, first: 2, last: 5 }], MANY, LARGE)
    t.same(
      changed.map((row) => [row.seq, row.changed_rev, row.least_rev, row.content]),
      [
        [3, 3, 3, 'hello'],
        [4, 4, 4, 'hello'],
        [2, 5, 5, 'edited 2'],
      ],
    )
    t.same(await store.snapshots.changed([], MANY, LARGE), [])
  })

  t.test('a message that is edited after the chat was looked at is not left out', async (t) => {
    const chatId = await makeChat(store, ['ann'])
    await say(store, chatId, 3)
    const last = 3
    await edit(store, chatId, 2)
    await say(store, chatId, 1)
    const rows = await store.snapshots.changed([{ chatId, first: 2, last }], MANY, LARGE)
    t.same(
      rows.map((row) => [row.seq, row.changed_rev]),
      [
        [3, 3],
        [2, 4],
      ],
      'and one that came after is',
    )
  })

  t.test('as many as asked, and no more bytes of content than about those asked', async (t) => {
    const chatId = await makeChat(store, ['ann'])
    await say(store, chatId, 10, 'ü'.repeat(500))
    const range = { chatId, first: 1, last: 10 }
    for (const read of [store.snapshots.bySeq, store.snapshots.changed]) {
      t.same(await seqs(read([range], 3, LARGE)), [1, 2, 3])
      t.same(await seqs(read([range], MANY, 2999)), [1, 2, 3], 'the one that is beyond is the last')
      t.same(await seqs(read([range, range], MANY, 0)), [1, 1], 'each range by itself, at least one')
    }
  })
})

async function seqs(rows: Promise<readonly { readonly seq: number }[]>): Promise<number[]> {
  return (await rows).map(({ seq }) => seq)
}
