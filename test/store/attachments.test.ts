import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { NewAttachment } from '../../src/store/attachments.js'
import type { Store } from '../../src/store/store.js'
import { commit, forEachStore, makeChat, message } from '../helpers/stores.js'

const LATER = new Date('2100-01-01T00:00:00.000Z')
const MANY = 1000

function attachment(chatId: string, uploaderId: string, more: Partial<NewAttachment> = {}): NewAttachment {
  return {
    chat_id: chatId,
    id: randomUUID(),
    uploader_id: uploaderId,
    status: 'ready',
    name: 'shoe.png',
    mime: 'image/png',
    size: 12,
    blob_key: `files/${randomUUID()}`,
    created_at: new Date(),
    ...more,
  }
}

/** One that is there; answers its id. */
async function made(store: Store, ...given: Parameters<typeof attachment>): Promise<string> {
  const one = attachment(...given)
  if (!(await store.attachments.insert(one, [], MANY))) throw new Error('not inserted')
  return one.id
}

async function messageOf(store: Store, chatId: string, id: string): Promise<string | null | undefined> {
  return (await store.attachments.find(chatId, id))?.message_id
}

/** Of all that is due: other tests share the database. */
async function isDue(store: Store, key: string): Promise<boolean> {
  return (await store.attachments.dueBlobs(100_000)).includes(key)
}

async function unsentIds(t: Test, store: Store, ids: readonly string[], chatId: string): Promise<string[]> {
  const left: string[] = []
  for (const id of ids) if ((await store.attachments.find(chatId, id)) !== undefined) left.push(id)
  t.ok(left.length <= ids.length)
  return left
}

forEachStore(async (t, open, engine) => {
  const store = await open()

  t.test('a message shows what it names, in that order, live and in history', async (t) => {
    const chat = await makeChat(store, ['ann'])
    const plain = await made(store, chat, 'ann', { name: 'bill.pdf', mime: 'application/pdf' })
    const picture = await made(store, chat, 'ann', { width: 640, height: 480 })
    const said = message(chat, 'ann', { content: '', attachments: [picture, plain] })
    const [row] = await commit(store, said)
    const shown = [
      { id: picture, name: 'shoe.png', mime: 'image/png', size: 12, width: 640, height: 480 },
      { id: plain, name: 'bill.pdf', mime: 'application/pdf', size: 12 },
    ]
    t.match(row, { outcome: 'committed', attachments: shown })
    t.strictSame((await store.messages.range(chat, 1, 1))[0]?.attachments, shown)
    t.equal(await messageOf(store, chat, picture), said.id)
    t.equal(await messageOf(store, chat, plain), said.id)
  })

  t.test('those of a message go with it, and their blobs are due at once', async (t) => {
    const [chat, other] = [await makeChat(store, ['ann']), await makeChat(store, ['ann'])]
    const key = () => `files/${randomUUID()}`
    const [file, thumbnail, kept, elsewhere] = [key(), key(), key(), key()]
    const gone = await made(store, chat, 'ann', { blob_key: file, thumbnail_key: thumbnail })
    const stays = await made(store, chat, 'ann', { blob_key: kept })
    const twin = await made(store, other, 'ann', { blob_key: elsewhere, id: gone })
    await commit(store, message(chat, 'ann', { attachments: [gone, stays] }))
    await store.transaction(async (trx) => {
      await store.attachments.removeNamed(trx, chat, [gone])
      await store.attachments.removeNamed(trx, chat, [])
    })
    t.equal(await store.attachments.find(chat, gone), undefined)
    t.match(await store.attachments.find(chat, stays), { id: stays })
    t.match(
      await store.attachments.find(other, twin),
      { id: twin },
      'the same id in another chat is another one',
    )
    const due: boolean[] = []
    for (const one of [file, thumbnail, kept, elsewhere]) due.push(await isDue(store, one))
    t.same(due, [true, true, false, false])
    const failing = store.transaction(async (trx) => {
      await store.attachments.removeNamed(trx, chat, [stays])
      throw new Error('no')
    })
    await t.rejects(failing, { message: 'no' })
    t.match(await store.attachments.find(chat, stays), { id: stays }, 'with the transaction, or not at all')
    t.notOk(await isDue(store, kept))
  })

  t.test('only what is there, ready, unused and one’s own may be named', async (t) => {
    const chat = await makeChat(store, ['ann', 'bob'])
    const elsewhere = await makeChat(store, ['ann'])
    const outcomeOf = async (...attachments: string[]) =>
      (await commit(store, message(chat, 'ann', { attachments })))[0]?.outcome
    const good = await made(store, chat, 'ann')

    t.equal(await outcomeOf(randomUUID()), 'attachment_not_found')
    t.equal(await outcomeOf(await made(store, elsewhere, 'ann')), 'attachment_not_found', 'of another chat')
    t.equal(await outcomeOf(await made(store, chat, 'bob')), 'attachment_not_usable', 'of another user')
    for (const status of ['uploading', 'quarantined', 'rejected'] as const)
      t.equal(await outcomeOf(await made(store, chat, 'ann', { status })), 'attachment_not_usable', status)
    t.equal(await outcomeOf(good, randomUUID()), 'attachment_not_found', 'all of them, or no message')
    t.equal(await outcomeOf(good, good), 'attachment_not_usable', 'twice in one message')
    t.equal(await messageOf(store, chat, good), null, 'a refused message has taken nothing')
    t.equal(await outcomeOf(good), 'committed')
    t.equal(await outcomeOf(good), 'attachment_not_usable', 'a second time')
    t.match(await store.chats.find(chat), { last_seq: 1, last_rev: 1 })
  })

  t.test('in one flush the first takes it, and neighbours come through', async (t) => {
    const chat = await makeChat(store, ['ann', 'bob'])
    const other = await makeChat(store, ['bob'])
    const [one, two, foreign] = [
      await made(store, chat, 'ann'),
      await made(store, other, 'bob'),
      await made(store, chat, 'bob'),
    ]
    const rows = await commit(
      store,
      message(chat, 'bob'),
      message(chat, 'ann', { attachments: [one] }),
      message(chat, 'ann', { attachments: [one] }),
      message(other, 'bob', { attachments: [two] }),
      message(chat, 'ann', { attachments: [foreign] }),
      message(chat, 'ann'),
    )
    t.strictSame(
      rows.map(({ outcome }) => outcome),
      ['committed', 'committed', 'attachment_not_usable', 'committed', 'attachment_not_usable', 'committed'],
    )
    const history = await store.messages.range(chat, 1, 10)
    t.strictSame(
      history.map(({ seq, attachments }) => [seq, attachments?.map(({ id }) => id) ?? null]),
      [
        [3, null],
        [2, [one]],
        [1, null],
      ],
    )
  })

  t.test('member, repeat and closed are judged before what it names', async (t) => {
    const chat = await makeChat(store, ['ann'])
    const named = await made(store, chat, 'ann')
    const said = message(chat, 'ann', { clientId: 'once', attachments: [named] })
    const [first] = await commit(store, said)
    t.match(first, { outcome: 'committed', seq: 1 })
    const [repeat] = await commit(store, { ...said, id: randomUUID() })
    t.match(repeat, { outcome: 'duplicate', seq: 1, id: said.id })
    t.equal(await messageOf(store, chat, named), said.id)

    t.match(await commit(store, message(chat, 'eve', { attachments: [randomUUID()] })), [
      { outcome: 'not_a_member' },
    ])
    const unused = await made(store, chat, 'ann')
    await store.transaction(async (trx) => await store.chats.setClosed(trx, chat, new Date()))
    t.match(await commit(store, message(chat, 'ann', { attachments: [unused] })), [
      { outcome: 'chat_closed' },
    ])
    t.equal(await messageOf(store, chat, unused), null)
  })

  t.test('a user has so many unsent ones in a chat, and no more', async (t) => {
    const chat = await makeChat(store, ['ann', 'bob'])
    const add = async (who: string) => await store.attachments.insert(attachment(chat, who), [], 2)
    t.strictSame([await add('ann'), await add('ann'), await add('ann')], [true, true, false])
    t.equal(await add('bob'), true, 'each has its own')
  })

  t.test('a step is taken from its own status alone, and blobs change hands with it', async (t) => {
    const chat = await makeChat(store, ['ann'])
    const [taken, freed] = [`files/${randomUUID()}`, `files/${randomUUID()}`]
    const one = attachment(chat, 'ann', { status: 'uploading', blob_key: null })
    await store.attachments.insert(one, [{ key: taken, removeAfter: new Date(0) }], MANY)
    t.ok(await isDue(store, taken))
    const step = { from: ['uploading'], set: { status: 'ready', blob_key: taken }, owns: [taken] } as const
    t.match(await store.attachments.step(chat, one.id, step), { status: 'ready', blob_key: taken })
    t.notOk(await isDue(store, taken), 'it is owned')
    t.equal(await store.attachments.step(chat, one.id, { ...step, frees: [freed] }), undefined)
    t.notOk(await isDue(store, freed), 'a step that is not taken frees nothing')
  })

  t.test('what is taken back leaves its blobs to be removed; what a message names stays', async (t) => {
    const chat = await makeChat(store, ['ann'])
    const [blob_key, thumbnail_key] = [`files/${randomUUID()}`, `thumbnails/${randomUUID()}`]
    const unsent = await made(store, chat, 'ann', { blob_key, thumbnail_key })
    const sent = await made(store, chat, 'ann')
    await commit(store, message(chat, 'ann', { attachments: [sent] }))
    t.strictSame(await store.attachments.remove(chat, unsent), [blob_key, thumbnail_key])
    t.strictSame(await store.attachments.remove(chat, sent), [])
    t.ok(await isDue(store, blob_key))
    t.ok(await isDue(store, thumbnail_key))
    await store.attachments.forgetBlobs([blob_key, thumbnail_key])
    t.notOk(await isDue(store, blob_key))
    t.equal(await store.attachments.find(chat, unsent), undefined)
    t.ok(await store.attachments.find(chat, sent))
  })

  t.test('a blob is due when its moment has come; said twice, the sooner one counts', async (t) => {
    const key = `files/${randomUUID()}`
    await store.attachments.disown([{ key, removeAfter: LATER }])
    t.notOk(await isDue(store, key))
    await store.attachments.disown([{ key, removeAfter: new Date(0) }])
    await store.attachments.disown([{ key, removeAfter: LATER }])
    t.ok(await isDue(store, key))
  })

  t.test('old unsent ones are taken back, those on their way only when they cannot be', async (t) => {
    const chat = await makeChat(store, ['ann'])
    const old = { created_at: new Date('2001-01-01') }
    const blob_key = `files/${randomUUID()}`
    const ids = {
      old: await made(store, chat, 'ann', { ...old, blob_key }),
      rejected: await made(store, chat, 'ann', { ...old, status: 'rejected' }),
      onItsWay: await made(store, chat, 'ann', { ...old, status: 'uploading' }),
      young: await made(store, chat, 'ann'),
      sent: await made(store, chat, 'ann', old),
    }
    await commit(store, message(chat, 'ann', { attachments: [ids.sent] }))
    const before = new Date('2002-01-01')
    const longBefore = new Date('2000-01-01')
    t.equal(await store.attachments.removeUnsent(before, longBefore, 1), 1, 'as many as are asked for')
    t.equal(await store.attachments.removeUnsent(before, longBefore, 10), 1)
    const left = await unsentIds(t, store, Object.values(ids), chat)
    t.strictSame(left, [ids.onItsWay, ids.young, ids.sent])
    t.ok(await isDue(store, blob_key))
    t.equal(await store.attachments.removeUnsent(before, before, 10), 1, 'an upload that never ended')
  })

  if (engine === 'Postgres')
    t.test('naming and taking back at the same moment: one of them has it', async (t) => {
      const chat = await makeChat(store, ['ann'])
      const old = { created_at: new Date('1990-01-01') }
      for (let round = 0; round < 40; round++) {
        const id = await made(store, chat, 'ann', old)
        const [rows, removed] = await Promise.all([
          commit(store, message(chat, 'ann', { attachments: [id] })),
          store.attachments.removeUnsent(new Date('1991-01-01'), new Date(0), 10),
        ])
        const isThere = (await store.attachments.find(chat, id)) !== undefined
        t.equal(rows[0]?.outcome, isThere ? 'committed' : 'attachment_not_found')
        t.equal(removed, isThere ? 0 : 1)
      }
    })
})
