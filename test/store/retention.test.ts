import { randomUUID } from 'node:crypto'
import type { ChatType } from '../../src/protocol/objects.js'
import type { ChatRow } from '../../src/store/chats.js'
import type { Store } from '../../src/store/store.js'
import { ageEvents, ageMessages, daysAgo } from '../helpers/aged.js'
import { commit, forEachStore, makeChat, message, uniqueId } from '../helpers/stores.js'

const OLD = daysAgo(40)
const CUTOFF = daysAgo(30)
const MANY = 1000

/** An old chat with so many messages, each said at the moment before. */
async function oldChat(store: Store, count: number, type: ChatType = 'general'): Promise<string> {
  const chatId = await makeChat(store, ['ann', 'bob'], { type, createdAt: OLD })
  const batch = Array.from({ length: count }, (_, n) =>
    message(chatId, 'ann', { content: `message ${n + 1}`, clientId: `c-${n + 1}` }),
  )
  if (count > 0) await commit(store, ...batch)
  return chatId
}

async function chatOf(store: Store, chatId: string): Promise<ChatRow> {
  const row = await store.chats.find(chatId)
  if (row === undefined) throw new Error('the chat is there')
  return row
}

async function marksOf(store: Store, chatId: string) {
  const { first_seq, first_rev, last_seq, last_rev } = await chatOf(store, chatId)
  return { first_seq, first_rev, last_seq, last_rev }
}

async function seqsOf(store: Store, chatId: string): Promise<number[]> {
  return (await store.messages.range(chatId, 1, MANY)).map(({ seq }) => seq).reverse()
}

/** Takes what is older than the cutoff until nothing is due; answers how many steps it took. */
async function takeAll(store: Store, type: ChatType = 'general', rows = 10): Promise<number> {
  for (let steps = 0; ; steps += 1) {
    const { due } = await store.retention.take({ type, before: CUTOFF, chats: 2, rows, waits: true })
    if (due === 0) return steps
    if (steps > MANY) throw new Error('it comes to no end')
  }
}

async function removeAll(store: Store): Promise<{ messages: number; attachments: number }> {
  const sum = { messages: 0, attachments: 0 }
  for (;;) {
    const { steps, messages, attachments } = await store.retention.removeTaken(0, 3)
    sum.messages += messages
    sum.attachments += attachments
    if (steps === 0) return sum
  }
}

async function edit(store: Store, chatId: string, seq: number, content: string): Promise<number> {
  return await store.transaction(async (trx) => {
    const chat = await store.chats.lock(trx, chatId)
    const found = await store.messages.find(trx, chatId, seq)
    if (chat === undefined || found === undefined) throw new Error('both are there')
    const [rev, at] = [chat.last_rev + 1, new Date()]
    await store.messages.edit(trx, found, content, { rev, at })
    await store.events.append(trx, chatId, [{ kind: 'message_edited', seq, detail: {} }], at)
    return rev
  })
}

forEachStore(async (t, open, engine) => {
  const store = await open()

  t.test('what is older goes, a message exactly at the border stays, and the marks say so', async (t) => {
    const chatId = await oldChat(store, 4)
    await ageMessages(store, chatId, 3, CUTOFF)
    await ageMessages(store, chatId, 2, new Date(CUTOFF.getTime() - 1))
    await takeAll(store)
    t.same(await marksOf(store, chatId), { first_seq: 3, first_rev: 3, last_seq: 4, last_rev: 4 })
    t.equal((await chatOf(store, chatId)).oldest_at?.getTime(), CUTOFF.getTime())
    t.same(await seqsOf(store, chatId), [1, 2, 3, 4], 'their rows stay a while')
    t.match(await store.retention.removeTaken(3600, MANY), { steps: 0 })
    t.match(await removeAll(store), { messages: 2 })
    t.same(await seqsOf(store, chatId), [3, 4])
    t.equal(await takeAll(store), 0, 'nothing is due any more')
  })

  t.test('each type of chat has its own age', async (t) => {
    const [order, general] = [await oldChat(store, 2, 'order'), await oldChat(store, 2)]
    for (const chatId of [order, general]) await ageMessages(store, chatId, 2, OLD)
    await takeAll(store, 'order')
    t.match(await marksOf(store, order), { first_seq: 3 })
    t.match(await marksOf(store, general), { first_seq: 1 })
    await takeAll(store)
    t.match(await marksOf(store, general), { first_seq: 3 })
    await removeAll(store)
  })

  t.test('a chat that has nothing left goes on where it was', async (t) => {
    const chatId = await oldChat(store, 3)
    await ageMessages(store, chatId, 3, OLD)
    await takeAll(store)
    t.same(await marksOf(store, chatId), { first_seq: 4, first_rev: 4, last_seq: 3, last_rev: 3 })
    t.equal((await store.messages.lastOf([chatId])).size, 0, 'not even before its row is gone')
    await removeAll(store)
    t.same(await seqsOf(store, chatId), [])
    t.match(await commit(store, message(chatId, 'bob', { clientId: 'c-9' })), [
      { outcome: 'committed', seq: 4, rev: 4 },
    ])
    t.equal((await store.messages.lastOf([chatId])).get(chatId)?.seq, 4)
    t.equal(await takeAll(store), 0, 'it is not looked at again before that is old')
  })

  t.test('a client id is unique until retention has taken it', async (t) => {
    const chatId = await oldChat(store, 2)
    await ageMessages(store, chatId, 1, OLD)
    const again = () => commit(store, message(chatId, 'ann', { clientId: 'c-1' }))
    t.match(await again(), [{ outcome: 'duplicate', seq: 1 }])
    await takeAll(store)
    t.match(await again(), [{ outcome: 'duplicate', seq: 1 }])
    await removeAll(store)
    t.match(await again(), [{ outcome: 'committed', seq: 3 }])
  })

  t.test('only the oldest: one that looks old behind a young one stays', async (t) => {
    const chatId = await oldChat(store, 3)
    await ageMessages(store, chatId, 3, OLD)
    await store.execute('update messages set created_at = now() where chat_id = $1 and seq = 2', [chatId])
    await takeAll(store)
    t.same(await marksOf(store, chatId), { first_seq: 2, first_rev: 2, last_seq: 3, last_rev: 3 })
    await removeAll(store)
    t.same(await seqsOf(store, chatId), [2, 3])
  })

  t.test('one that was changed lately stays as a tombstone until that event is old too', async (t) => {
    const chatId = await oldChat(store, 3)
    t.equal(await edit(store, chatId, 1, 'said otherwise'), 4)
    t.equal(await edit(store, chatId, 2, 'lately'), 5)
    await ageMessages(store, chatId, 3, OLD)
    await ageEvents(store, chatId, 4, OLD)
    await takeAll(store)
    t.same(await marksOf(store, chatId), { first_seq: 4, first_rev: 5, last_seq: 3, last_rev: 5 })
    t.equal((await store.messages.lastOf([chatId])).size, 0)
    t.match(await removeAll(store), { messages: 2 })
    const left = await store.messages.range(chatId, 1, MANY)
    t.match(left, [{ seq: 2, changed_rev: 5, content: '', client_id: null }])
    t.ok(left[0]?.deleted_at)

    const at = new Date(CUTOFF.getTime() - 1)
    await ageEvents(store, chatId, 5, at)
    await store.execute('update chats set oldest_at = $2 where id = $1', [chatId, at])
    await takeAll(store)
    t.match(await marksOf(store, chatId), { first_seq: 4, first_rev: 6 })
    t.match(await removeAll(store), { messages: 1 })
    t.same(await seqsOf(store, chatId), [])
    const { rows } = await store.execute('select rev from chat_events where chat_id = $1', [chatId])
    t.same(rows, [])
  })

  t.test('events are taken with the messages of their time, the younger ones stay', async (t) => {
    const chatId = await oldChat(store, 2)
    for (const content of ['a', 'b', 'c']) await edit(store, chatId, 2, content)
    await ageMessages(store, chatId, 1, OLD)
    await ageEvents(store, chatId, 4, OLD)
    await takeAll(store)
    // The second message is young, and its own event older than those of its changes.
    t.same(await marksOf(store, chatId), { first_seq: 2, first_rev: 2, last_seq: 2, last_rev: 5 })
    await removeAll(store)
    const { rows } = await store.execute('select rev from chat_events where chat_id = $1 order by rev', [
      chatId,
    ])
    t.match(rows, [{ rev: 3 }, { rev: 4 }, { rev: 5 }])
  })

  t.test('a chat that is larger than a step is taken step by step', async (t) => {
    const chatId = await oldChat(store, 37)
    for (let n = 1; n <= 12; n += 1) await edit(store, chatId, n, `edited ${n}`)
    await ageMessages(store, chatId, 35, OLD)
    await ageEvents(store, chatId, MANY, OLD)
    const first = await store.retention.take({
      ...{ type: 'general', before: CUTOFF, chats: 2, rows: 10, waits: false },
    })
    t.match(first, { due: 1, moved: 1, messages: 10 })
    t.match(await marksOf(store, chatId), { first_seq: 11, first_rev: 11 })
    t.ok((await takeAll(store)) >= 3)
    t.match(await marksOf(store, chatId), { first_seq: 36, first_rev: 36 })
    // The events of the twelve changes came after a message that is kept: so they are kept, and twelve tombstones.
    t.match(await removeAll(store), { messages: 23 })
    const left = await store.messages.range(chatId, 1, 35)
    t.equal(left.length, 12)
    t.ok(left.every(({ content, deleted_at }) => content === '' && deleted_at !== null))
    await ageMessages(store, chatId, 37, OLD)
    await takeAll(store)
    t.match(await marksOf(store, chatId), { first_seq: 38, first_rev: 50 })
    t.match(await removeAll(store), { messages: 14 })
    t.same(await seqsOf(store, chatId), [])
  })

  t.test('attachments go with their messages, and their blobs are due', async (t) => {
    const chatId = await oldChat(store, 0)
    const files = ['taken', 'kept'].map((name) => ({
      id: randomUUID(),
      blob_key: `files/${name}-${randomUUID()}`,
    }))
    for (const file of files) {
      const row = { chat_id: chatId, uploader_id: 'ann', status: 'ready' as const, name: 'a.png' }
      const made = { ...row, ...file, mime: 'image/png', size: 1, created_at: new Date() }
      t.ok(await store.attachments.insert(made, [], MANY))
      t.match(await commit(store, message(chatId, 'ann', { attachments: [file.id] })), [
        { outcome: 'committed' },
      ])
    }
    await ageMessages(store, chatId, 1, OLD)
    await takeAll(store)
    t.match(await removeAll(store), { messages: 1, attachments: 1 })
    const [taken, kept] = files
    if (taken === undefined || kept === undefined) throw new Error('two were made')
    t.equal(await store.attachments.find(chatId, taken.id), undefined)
    t.match(await store.attachments.find(chatId, kept.id), { id: kept.id })
    const due = await store.attachments.dueBlobs(MANY)
    t.ok(due.includes(taken.blob_key))
    t.notOk(due.includes(kept.blob_key))
  })

  if (engine !== 'Postgres') return

  t.test('a chat that somebody has locked is left for later, its neighbours are not', async (t) => {
    const [locked, free] = [await oldChat(store, 2), await oldChat(store, 2)]
    for (const chatId of [locked, free]) await ageMessages(store, chatId, 2, OLD)
    const taking = { type: 'general', before: CUTOFF, chats: 10, rows: 10 } as const
    await store.transaction(async (trx) => {
      await store.chats.lock(trx, locked)
      t.match(await store.retention.take({ ...taking, waits: false }), { due: 2, moved: 1, messages: 2 })
      t.match(await store.retention.take({ ...taking, waits: false }), { due: 1, moved: 0, messages: 0 })
    })
    t.match(await marksOf(store, free), { first_seq: 3 })
    t.match(await marksOf(store, locked), { first_seq: 1 })
    t.match(await store.retention.take({ ...taking, waits: true }), { due: 1, moved: 1, messages: 2 })
    await removeAll(store)
  })

  t.test('while others send: no number is given twice, none is lost', async (t) => {
    const chats = await Promise.all([oldChat(store, 40), oldChat(store, 40), oldChat(store, 40)])
    for (const chatId of chats) await ageMessages(store, chatId, 40, OLD)
    let isTaking = true
    const taking = Promise.all([
      takeAll(store, 'general', 3),
      takeAll(store, 'general', 4),
      (async () => {
        while (isTaking) await store.retention.removeTaken(0, 2)
      })(),
    ])
    const senders = ['ann', 'bob'].map(async (sender) => {
      for (let n = 0; n < 30; n += 1)
        await commit(store, ...chats.map((chatId) => message(chatId, sender, { clientId: uniqueId(sender) })))
    })
    await Promise.all(senders)
    isTaking = false
    await taking
    await removeAll(store)
    for (const chatId of chats) {
      t.same(await marksOf(store, chatId), { first_seq: 41, first_rev: 41, last_seq: 100, last_rev: 100 })
      t.same(
        await seqsOf(store, chatId),
        Array.from({ length: 60 }, (_, n) => n + 41),
      )
    }
  })
})
