import type { Test } from 'tap'
import type { CommitRow, CommittedRow } from '../../src/store/flush.js'
import type { MessageRow } from '../../src/store/messages.js'
import type { Store } from '../../src/store/store.js'
import { commit, forEachStore, makeChat, message, someoneWaits, uniqueId } from '../helpers/stores.js'

const outcomes = (rows: readonly CommitRow[]) => rows.map((row) => row.outcome)

/** The row of one that has a message. */
function committed(row: CommitRow | undefined): CommittedRow {
  if (row === undefined || (row.outcome !== 'committed' && row.outcome !== 'duplicate'))
    throw new Error(`not committed: ${row?.outcome}`)
  return row
}

/** What the chat's messages must be, whatever came before: numbered without a hole, and the chat knows its end. */
async function expectGapless(t: Test, store: Store, chatId: string, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  const rows = await store.messages.range(chatId, 1, count + 100)
  t.same(
    rows.map((row) => row.seq),
    [...numbers].reverse(),
  )
  t.same(
    rows.map((row) => row.rev),
    [...numbers].reverse(),
  )
  t.same(
    rows.map((row) => row.changed_rev),
    [...numbers].reverse(),
  )
  const chat = await store.chats.find(chatId)
  t.match(chat, { last_seq: count, last_rev: count, last_message_at: rows[0]?.created_at ?? null })
}

async function close(store: Store, chatId: string): Promise<void> {
  await store.transaction(async (trx) => await store.chats.setClosed(trx, chatId, new Date()))
}

async function markOf(store: Store, chatId: string, userId: string): Promise<number | undefined> {
  const found = await store.chats.findFor(chatId, userId)
  return found?.member?.last_read_seq
}

forEachStore(async (t, open, engine) => {
  const store = await open()

  t.test('the first message of a chat is number 1, and is read again as it was written', async (t) => {
    const chat = await makeChat(store, ['ann', 'bob'])
    await store.users.name([{ id: 'ann', fullName: 'Ann Lee', namedAt: new Date() }])
    const before = new Date()
    const sent = message(chat, 'ann', { clientId: 'c1', content: 'hello' })
    const row = committed((await commit(store, sent))[0])
    t.match(row, { item: 1, outcome: 'committed', id: sent.id, seq: 1, rev: 1 })
    t.ok(row.created_at >= before)
    t.strictSame(await store.messages.range(chat, 1, 1), [
      {
        chat_id: chat,
        seq: 1,
        rev: 1,
        changed_rev: 1,
        id: sent.id,
        sender_id: 'ann',
        kind: 'user',
        content: 'hello',
        metadata: null,
        attachments: null,
        client_id: 'c1',
        created_at: row.created_at,
        edited_at: null,
        deleted_at: null,
        full_name: 'Ann Lee',
      },
    ])
    await expectGapless(t, store, chat, 1)
  })

  t.test('messages are numbered in the order given, batch after batch', async (t) => {
    const chat = await makeChat(store, ['ann', 'bob'])
    for (const size of [1, 7, 200]) {
      const rows = await commit(
        store,
        ...Array.from({ length: size }, (_, n) => message(chat, n % 2 === 0 ? 'ann' : 'bob')),
      )
      const first = committed(rows[0]).seq
      t.same(
        rows.map((row) => [row.item, committed(row).seq, committed(row).rev]),
        Array.from({ length: size }, (_, n) => [n + 1, first + n, first + n]),
      )
    }
    await expectGapless(t, store, chat, 208)
  })

  t.test('200 messages over many chats in one batch: each chat for itself', async (t) => {
    const chats = await Promise.all(Array.from({ length: 37 }, () => makeChat(store, ['ann'])))
    const batch = Array.from({ length: 200 }, (_, n) => message(chats[(n * 7) % chats.length] ?? '', 'ann'))
    const rows = await commit(store, ...batch)
    const counts = new Map<string, number>()
    for (const [index, { chatId, id }] of batch.entries()) {
      const next = (counts.get(chatId) ?? 0) + 1
      counts.set(chatId, next)
      t.match(rows[index], { outcome: 'committed', id, seq: next, rev: next })
    }
    for (const [chatId, count] of counts) await expectGapless(t, store, chatId, count)
  })

  t.test('whatever becomes of its neighbours: a mixed batch leaves no hole', async (t) => {
    const [chat, closed] = [await makeChat(store, ['ann']), await makeChat(store, ['ann'])]
    await commit(store, message(chat, 'ann', { clientId: 'old' }))
    await close(store, closed)
    const rows = await commit(
      store,
      message(chat, 'ann'),
      message(chat, 'stranger'),
      message(chat, 'ann', { clientId: 'old' }),
      message(uniqueId('no-such-chat'), 'ann'),
      message(closed, 'ann'),
      message(chat, 'ann', { clientId: 'new' }),
      message(closed, 'stranger'),
      message(chat, 'ann'),
    )
    t.same(outcomes(rows), [
      'committed',
      'not_a_member',
      'duplicate',
      'not_a_member',
      'chat_closed',
      'committed',
      'not_a_member',
      'committed',
    ])
    t.same(
      [0, 2, 5, 7].map((index) => committed(rows[index]).seq),
      [2, 1, 3, 4],
    )
    await expectGapless(t, store, chat, 4)
    await expectGapless(t, store, closed, 0)
  })

  t.test('a duplicate is answered with the first one, its content stays, nothing moves', async (t) => {
    const chat = await makeChat(store, ['ann', 'bob'])
    const first = committed(
      (await commit(store, message(chat, 'ann', { clientId: 'c', content: 'first' })))[0],
    )
    await commit(store, message(chat, 'bob', { clientId: 'c', content: "another sender's c" }))
    const again = message(chat, 'ann', { clientId: 'c', content: 'second' })
    t.strictSame(await commit(store, again), [{ ...first, outcome: 'duplicate' }])
    t.equal((await store.messages.range(chat, 1, 1))[0]?.content, 'first')
    t.equal(await markOf(store, chat, 'ann'), 1)
    await expectGapless(t, store, chat, 2)
  })

  t.test('the same client id in two chats is two messages', async (t) => {
    const chats = [await makeChat(store, ['ann']), await makeChat(store, ['ann'])]
    const rows = await commit(store, ...chats.map((chat) => message(chat, 'ann', { clientId: 'c' })))
    t.same(outcomes(rows), ['committed', 'committed'])
  })

  // CONTRACT.md P3.
  t.test('it is checked in the order member, repeat, closed', async (t) => {
    const chat = await makeChat(store, ['ann', 'bob'])
    const send = (sender: string, clientId: string) => commit(store, message(chat, sender, { clientId }))
    await send('ann', 'c')
    await close(store, chat)
    t.same(outcomes(await send('ann', 'c')), ['duplicate'], 'a repeat is answered in a closed chat')
    t.same(outcomes(await send('ann', 'd')), ['chat_closed'])
    t.same(
      outcomes(await send('stranger', 'd')),
      ['not_a_member'],
      'a stranger does not learn that it is closed',
    )
    await store.transaction(async (trx) => await store.members.remove(trx, chat, 'ann'))
    t.same(outcomes(await send('ann', 'c')), ['not_a_member'], 'who was removed gets not even a repeat')
  })

  t.test("one's own send moves one's own mark and nobody else's, and never down", async (t) => {
    const chat = await makeChat(store, ['ann', 'bob'])
    await commit(store, message(chat, 'ann'), message(chat, 'bob'), message(chat, 'ann'))
    t.equal(await markOf(store, chat, 'ann'), 3)
    t.equal(await markOf(store, chat, 'bob'), 2)
    await store.members.markRead(chat, 'bob', 3)
    await commit(store, message(chat, 'ann', { clientId: 'c' }))
    t.equal(await markOf(store, chat, 'bob'), 3)
    await commit(store, message(chat, 'bob'))
    await commit(store, message(chat, 'ann', { clientId: 'c' }))
    t.equal(await markOf(store, chat, 'ann'), 4, 'a repeat moves nothing')
  })

  t.test('the backend writes anywhere, but not where it is closed or nothing is', async (t) => {
    const [chat, closed] = [await makeChat(store, ['ann']), await makeChat(store)]
    await close(store, closed)
    const system = { kind: 'system', anywhere: true, metadata: { order: 7, note: 'ż🐢' } } as const
    const rows = await commit(
      store,
      message(chat, 'shop', { ...system, clientId: 's' }),
      message(chat, 'shop', { ...system, clientId: null, metadata: null }),
      message(closed, 'shop', system),
      message('nowhere', 'shop', system),
    )
    t.same(outcomes(rows), ['committed', 'committed', 'chat_closed', 'not_a_member'])
    const [second, first] = await store.messages.range(chat, 1, 2)
    t.match(first, { kind: 'system', sender_id: 'shop', full_name: null })
    t.strictSame(first?.metadata, { order: 7, note: 'ż🐢' })
    t.strictSame(second?.metadata, null)
    t.same(outcomes(await commit(store, message(chat, 'shop', { ...system, clientId: 's' }))), ['duplicate'])
    t.equal((await store.chats.findFor(chat, 'shop'))?.member, undefined, 'writing makes no member')
  })

  t.test('text comes back as it went in', async (t) => {
    const chat = await makeChat(store, ['ann', 'o\'"\\{x},NULL'])
    const texts = ['NULL', 'null', '{}', '{a,"b"}', '"', "'", '\\', '\\\\n', 'a\nb\r\tc', ' ', '%s $1 :x ?']
    texts.push(
      '🐢żółw\u{10ffff}\u2028\u0001',
      'x'.repeat(8_192),
      '👩‍👩‍👧‍👦'.repeat(300),
      '--;drop table messages',
    )
    const sender = 'o\'"\\{x},NULL'
    const sent = texts.map((content, n) =>
      message(chat, sender, { content, clientId: n % 2 === 0 ? null : content.slice(0, 64) }),
    )
    await commit(store, ...sent)
    const rows = await store.messages.range(chat, 1, texts.length)
    t.strictSame(rows.map((row) => row.content).reverse(), texts)
    t.strictSame(
      rows.map((row) => row.client_id).reverse(),
      sent.map((one) => one.clientId),
    )
  })

  t.test('times never run against the numbers, also among flushes side by side', async (t) => {
    const chats = [await makeChat(store, ['ann']), await makeChat(store, ['ann'])]
    const flush = (n: number) =>
      commit(
        store,
        ...chats.flatMap((chat) => [message(chat, 'ann'), message(chat, 'ann', { clientId: `${n}` })]),
      )
    await Promise.all(Array.from({ length: 40 }, (_, n) => flush(n)))
    for (const chat of chats) {
      await expectGapless(t, store, chat, 80)
      const times = (await store.messages.range(chat, 1, 80)).map((row) => row.created_at.getTime())
      t.same(
        times,
        [...times].sort((a, b) => b - a),
      )
    }
  })

  t.test('repeats side by side make one row and get one answer', async (t) => {
    const chat = await makeChat(store, ['ann'])
    const rows = await Promise.all(
      Array.from({ length: 50 }, () => commit(store, message(chat, 'ann', { clientId: 'c' }))),
    )
    const answers = rows.flat().map((row) => {
      const { id, seq, rev, created_at } = committed(row)
      return `${id} ${seq} ${rev} ${created_at.toISOString()}`
    })
    t.equal(new Set(answers).size, 1)
    t.equal(outcomes(rows.flat()).filter((outcome) => outcome === 'committed').length, 1)
    await expectGapless(t, store, chat, 1)
  })

  t.test('a batch that cannot be committed leaves nothing behind', async (t) => {
    const chat = await makeChat(store, ['ann'])
    const bad = message(chat, 'ann', { content: 'with a \0 byte' })
    await t.rejects(commit(store, message(chat, 'ann'), bad), { code: '22021' })
    await expectGapless(t, store, chat, 0)
    const twice = message(chat, 'ann', { clientId: 'c' })
    await t.rejects(commit(store, twice, { ...twice, id: message(chat, 'ann').id }), { code: '23505' })
    await expectGapless(t, store, chat, 0)
    t.equal(await markOf(store, chat, 'ann'), 0)
  })

  t.test('a removal or a closing that comes first is seen by the flush that waited for it', async (t) => {
    const [left, closed] = [await makeChat(store, ['ann']), await makeChat(store, ['ann'])]
    let flushed: Promise<CommitRow[]> = Promise.resolve([])
    await store.transaction(async (trx) => {
      await store.chats.lock(trx, left)
      await store.chats.lock(trx, closed)
      flushed = commit(store, message(left, 'ann'), message(closed, 'ann'))
      if (engine === 'Postgres') await someoneWaits(trx)
      await store.members.remove(trx, left, 'ann')
      await store.chats.setClosed(trx, closed, new Date())
    })
    t.same(outcomes(await flushed), ['not_a_member', 'chat_closed'])
  })

  t.test('a range is newest first, its ends included, and never of another chat', async (t) => {
    const [chat, other] = [await makeChat(store, ['ann']), await makeChat(store, ['ann'])]
    await commit(
      store,
      ...[chat, other].flatMap((one) => Array.from({ length: 10 }, () => message(one, 'ann'))),
    )
    const seqs = async (first: number, last: number) =>
      (await store.messages.range(chat, first, last)).map((row) => (row.chat_id === chat ? row.seq : -1))
    t.same(await seqs(3, 6), [6, 5, 4, 3])
    t.same(await seqs(10, 10), [10])
    t.same(await seqs(9, 99), [10, 9])
    t.same(await seqs(-5, 2), [2, 1])
    t.same(await seqs(11, 20), [])
    t.same(await seqs(6, 3), [])
  })

  /** As an edit or a deletion does it, beside the chat's lock: the next event, and the message with it. */
  async function change(chat: string, seq: number, content: string | null): Promise<MessageRow> {
    return await store.transaction(async (trx) => {
      const before = await store.chats.lock(trx, chat)
      const found = await store.messages.find(trx, chat, seq)
      if (before === undefined || found === undefined) throw new Error('there is no such message')
      const point = { rev: before.last_rev + 1, at: new Date(7) }
      await store.events.append(trx, chat, [{ kind: 'changed', seq, detail: {} }], point.at)
      return content === null
        ? await store.messages.empty(trx, found, point)
        : await store.messages.edit(trx, found, content, point)
    })
  }

  const contentsOf = (rows: readonly MessageRow[]) => rows.map((row) => `${row.rev}:${row.content}`)

  t.test('an edited message is read again as it was answered, and nothing else has moved', async (t) => {
    const chat = await makeChat(store, ['ann'])
    await store.users.name([{ id: 'ann', fullName: 'Ann Lee', namedAt: new Date() }])
    const metadata = { note: 'ż' }
    await commit(
      store,
      message(chat, 'ann', { clientId: 'c', metadata, kind: 'system', anywhere: true }),
      message(chat, 'ann'),
    )
    const before = await store.messages.range(chat, 1, 2)
    const edited = await change(chat, 1, 'said otherwise')
    t.strictSame(await store.messages.range(chat, 1, 2), [before[0], edited])
    t.strictSame(edited, {
      ...before[1],
      content: 'said otherwise',
      changed_rev: 3,
      edited_at: new Date(7),
    })
    t.match(await store.chats.find(chat), { last_seq: 2, last_rev: 3 })
    t.equal(await markOf(store, chat, 'ann'), 2)
  })

  t.test('a message that is emptied is a tombstone: nothing of what it said is in the row', async (t) => {
    const chat = await makeChat(store, ['ann'])
    const [first] = await commit(
      store,
      message(chat, 'ann', { clientId: 'c', metadata: { secret: 'no' }, kind: 'system', anywhere: true }),
    )
    await change(chat, 1, 'a secret')
    const [before] = await store.messages.range(chat, 1, 1)
    const emptied = await change(chat, 1, null)
    t.strictSame(await store.messages.range(chat, 1, 1), [emptied])
    t.strictSame(emptied, {
      ...before,
      content: '',
      metadata: null,
      attachments: null,
      changed_rev: 3,
      deleted_at: new Date(7),
    })
    t.strictSame(
      await commit(store, message(chat, 'ann', { clientId: 'c', content: 'said again' })),
      [{ ...committed(first), outcome: 'duplicate' }],
      'a repeat of its send still gets the original answer',
    )
  })

  t.test('of its own chat alone', async (t) => {
    const [chat, other] = [await makeChat(store, ['ann']), await makeChat(store, ['ann'])]
    for (const one of [chat, other])
      await commit(
        store,
        message(one, 'ann', { content: 'first' }),
        message(one, 'ann', { content: 'second' }),
      )
    await change(chat, 1, null)
    await change(chat, 2, 'changed')
    t.same(contentsOf(await store.messages.range(other, 1, 2)), ['2:second', '1:first'])
    const found = await store.transaction(async (trx) => [
      await store.messages.find(trx, other, 1),
      await store.messages.find(trx, other, 3),
      await store.messages.find(trx, 'nowhere', 1),
    ])
    t.match(found[0], { content: 'first' })
    t.same(found.slice(1), [undefined, undefined])
    const some = await store.messages.ofSeqs([2, 1, 2, 9].map((seq) => ({ chatId: chat, seq })))
    t.same(contentsOf(some).sort(), ['1:', '2:changed'])
    t.same(await store.messages.ofSeqs([]), [])
  })

  t.test(
    'what was created between any two revs, whatever other events lie before, between and after',
    async (t) => {
      const chat = await makeChat(store, ['ann'])
      // '.' is a message; what stands for a number is a change of that one.
      for (const [index, event] of [...'..1.2..22...4.1'].entries())
        if (event === '.') await commit(store, message(chat, 'ann', { content: `at ${index + 1}` }))
        else await change(chat, Number(event), `changed at ${index + 1}`)
      const row = await store.chats.find(chat)
      if (row === undefined) throw new Error('the chat is there')
      t.match(row, { last_seq: 9, last_rev: 15 })
      const all = (await store.messages.range(chat, 1, 9)).reverse()
      for (let after = 0; after <= 15; after++)
        for (let rev = after; rev <= 15; rev++)
          t.strictSame(
            await store.messages.createdBetween([{ chat: row, afterRev: after, rev }]),
            all.filter((one) => one.rev > after && one.rev <= rev).map((one) => ({ item: 1, ...one })),
            `after ${after}, up to ${rev}`,
          )
      await change(chat, 9, 'after the chat was looked at')
      await commit(store, message(chat, 'ann'))
      t.same(
        (await store.messages.createdBetween([{ chat: row, afterRev: 12, rev: 15 }])).map((one) => one.rev),
        [14],
        'what came since does not count',
      )
    },
  )

  t.test('the last message of each chat', async (t) => {
    const [one, two, empty] = [
      await makeChat(store, ['ann']),
      await makeChat(store, ['ann']),
      await makeChat(store),
    ]
    await commit(
      store,
      message(one, 'ann'),
      message(one, 'ann', { content: 'end of one' }),
      message(two, 'ann', { content: 'end of two' }),
    )
    const last = await store.messages.lastOf([one, two, empty])
    t.same(
      [...last].map(([id, row]) => [id, row.content]).sort(),
      [
        [one, 'end of one'],
        [two, 'end of two'],
      ].sort(),
    )
  })
})
