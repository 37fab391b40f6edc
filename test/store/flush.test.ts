import type { NewMessage } from '../../src/store/flush.js'
import type { Store } from '../../src/store/store.js'
import { forEachStore, makeChat, message } from '../helpers/stores.js'

const TEXTS = [
  ' ',
  'NULL',
  'null',
  '{',
  '}',
  ',',
  '"',
  '\\',
  '\\"',
  ' a b ',
  'a\nb\tc',
  '{"a":"b\\n"}',
  'ß 👋',
  "'",
]

async function commitAtOnce(store: Store, batch: readonly NewMessage[], waits = true) {
  return await store.flush.atOnce(batch, { waits })
}

forEachStore(async (t, open, engine) => {
  const store = await open()

  t.test('texts are kept as they were, whatever is in them', async (t) => {
    const chat = await makeChat(store, ['ann'])
    const batch = TEXTS.map((text) =>
      message(chat, 'ann', { content: text, clientId: text, metadata: { text } }),
    )
    await commitAtOnce(store, batch)
    const rows = (await store.messages.range(chat, 1, TEXTS.length)).reverse()
    t.strictSame(
      rows.map((row) => [row.content, row.client_id, row.metadata]),
      TEXTS.map((text) => [text, text, { text }]),
    )
  })

  t.test('several chats and senders in one flush are numbered each for itself', async (t) => {
    const [one, other] = [await makeChat(store, ['ann', 'bob']), await makeChat(store, ['ann'])]
    const rows = await commitAtOnce(store, [
      message(other, 'ann'),
      message(one, 'ann'),
      message(one, 'bob'),
      message(other, 'ann'),
      message(one, 'bob'),
    ])
    t.strictSame(
      rows?.map((row) => 'seq' in row && row.seq),
      [1, 1, 2, 2, 3],
    )
    t.equal((await store.chats.findFor(one, 'ann'))?.member?.last_read_seq, 1)
    t.equal((await store.chats.findFor(one, 'bob'))?.member?.last_read_seq, 3)
  })

  t.test('when one must not be committed, none is, and nothing has moved', async (t) => {
    const [good, closed] = [await makeChat(store, ['ann']), await makeChat(store, ['ann'])]
    await store.transaction(async (trx) => await store.chats.setClosed(trx, closed, new Date()))
    await commitAtOnce(store, [message(good, 'ann', { clientId: 'said' })])
    const bad = {
      'a stranger': message(good, 'eve'),
      'a closed chat': message(closed, 'ann'),
      'no such chat': message('nowhere', 'ann'),
      'a repeat': message(good, 'ann', { clientId: 'said' }),
    }
    for (const [what, one] of Object.entries(bad)) {
      t.equal(await commitAtOnce(store, [message(good, 'ann'), one]), undefined, what)
      t.match(await store.chats.find(good), { last_seq: 1, last_rev: 1 })
      t.equal((await store.messages.range(good, 1, 9)).length, 1)
    }
    t.equal(
      (await commitAtOnce(store, [message(good, 'eve', { anywhere: true })]))?.length,
      1,
      'the backend may',
    )
  })

  // PGlite has one connection: there nobody else can hold a lock.
  if (engine === 'Postgres')
    t.test('a chat that somebody else has locked is left out, and comes when it is waited for', async (t) => {
      const [free, locked] = [await makeChat(store, ['ann']), await makeChat(store, ['ann'])]
      const batch = [message(locked, 'ann'), message(free, 'ann'), message(locked, 'ann')]
      let waiting: ReturnType<typeof commitAtOnce> | undefined
      await store.transaction(async (trx) => {
        await store.chats.setClosed(trx, locked, null)
        const rows = await commitAtOnce(store, batch, false)
        t.strictSame(
          rows?.map(({ outcome }) => outcome),
          ['left_out', 'committed', 'left_out'],
        )
        waiting = commitAtOnce(store, [message(locked, 'ann'), message(locked, 'ann')])
      })
      t.strictSame(
        (await waiting)?.map((row) => 'seq' in row && row.seq),
        [1, 2],
      )
    })
})
