import { type Committing, createFlush } from '../../src/chat/flushes.js'
import { LATER } from '../../src/chat/lane.js'
import { commit, forEachStore, makeChat, message } from '../helpers/stores.js'

function committing(chatId: string, more: Partial<Committing> = {}): Committing {
  return { ...message(chatId, 'ann'), mayRepeat: false, leftOut: 0, ...more }
}

forEachStore(async (t, open) => {
  const store = await open()

  /** What became of each in as many flushes as it takes, and in how many. */
  async function flushAll(batch: readonly Committing[]) {
    const flush = createFlush(store)
    const outcomes = new Map<Committing, string>()
    let flushes = 0
    for (let left = [...batch]; left.length > 0; flushes++) {
      const results = await flush(left)
      for (const [index, item] of left.entries()) {
        const result = results[index]
        if (result !== LATER && result !== undefined) outcomes.set(item, result.outcome)
      }
      left = left.filter((item) => !outcomes.has(item))
    }
    return { flushes, outcomes: batch.map((item) => outcomes.get(item)) }
  }

  async function orderOf(chatId: string): Promise<string[]> {
    return (await store.messages.range(chatId, 1, 100)).map(({ content }) => content).reverse()
  }

  t.test(
    'what may repeat is judged with all of its chat, in its order; the others are not held up',
    async (t) => {
      const [calm, loud] = [await makeChat(store, ['ann']), await makeChat(store, ['ann'])]
      await commit(store, message(loud, 'ann', { clientId: 'first', content: '0' }))
      const { flushes, outcomes } = await flushAll([
        committing(loud, { content: '1' }),
        committing(calm, { content: '1' }),
        committing(loud, { clientId: 'first', mayRepeat: true, content: 'again' }),
        committing(loud, { content: '2' }),
        committing(calm, { content: '2' }),
      ])
      t.strictSame(outcomes, ['committed', 'committed', 'duplicate', 'committed', 'committed'])
      t.equal(flushes, 2)
      t.strictSame(await orderOf(loud), ['0', '1', '2'])
      t.strictSame(await orderOf(calm), ['1', '2'])
    },
  )

  t.test('repeats of one that is in the same flush find it', async (t) => {
    const chat = await makeChat(store, ['ann'])
    const { outcomes } = await flushAll([
      committing(chat, { clientId: 'same', content: '1' }),
      committing(chat, { clientId: 'same', mayRepeat: true, content: 'again' }),
      committing(chat, { clientId: 'same', mayRepeat: true, content: 'again' }),
      committing(chat, { content: '2' }),
    ])
    t.strictSame(outcomes, ['committed', 'duplicate', 'duplicate', 'committed'])
    t.strictSame(await orderOf(chat), ['1', '2'])
  })

  t.test('one that is no member does not keep the others out', async (t) => {
    const chat = await makeChat(store, ['ann'])
    const { outcomes } = await flushAll([
      committing(chat),
      committing(chat, { senderId: 'eve' }),
      committing(chat),
    ])
    t.strictSame(outcomes, ['committed', 'not_a_member', 'committed'])
  })
})
