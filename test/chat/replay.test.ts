import type { Test } from 'tap'
import { z } from 'zod'
import { createInProcessBus } from '../../src/adapters/bus-in-process.js'
import { createChanges } from '../../src/chat/changes.js'
import { createEventCommit } from '../../src/chat/commit-events.js'
import { createEdits } from '../../src/chat/edits.js'
import { type ChatEvent, createEvents } from '../../src/chat/events.js'
import { createInbox } from '../../src/chat/inbox.js'
import { createReplay, TAKEN } from '../../src/chat/replay.js'
import { message as messageObject } from '../../src/protocol/objects.js'
import type { Store } from '../../src/store/store.js'
import { commit, forEachStore, makeChat, message, silent } from '../helpers/stores.js'

const READ = 500

/** What changes chats on a node, and what it has told. */
function createNode(t: Test, store: Store) {
  const bus = createInProcessBus()
  const events = createEvents(bus)
  const told: ChatEvent[] = []
  events.onCommitted((event) => told.push(event))
  const inbox = createInbox({ store, bus, logger: silent })
  t.teardown(() => inbox.close())
  const commitEvents = createEventCommit({ store, events })
  return { told, edits: createEdits({ store, commitEvents, inbox }), changeChat: createChanges(commitEvents) }
}

const frame = z.looseObject({ type: z.string(), rev: z.number(), message: messageObject.optional() })
const frameOf = (event: ChatEvent) => frame.parse(JSON.parse(event.frame.toString()))
const ann = { user: { id: 'ann', fullName: 'ann' }, isService: false }

forEachStore(async (t, open) => {
  const store = await open()
  const { told, edits, changeChat } = createNode(t, store)
  const replay = createReplay(store)

  async function eventsAfter(chatId: string, rev: number): Promise<ChatEvent[]> {
    const events = await replay.eventsAfter(chatId, rev)
    if (events === TAKEN) throw new Error('retention has taken some')
    return events
  }

  t.test('every event under its own number, messages as they are now', async (t) => {
    const chat = await makeChat(store, ['ann'])
    told.length = 0
    await commit(store, message(chat, 'ann', { content: 'one' }), message(chat, 'ann', { content: 'two' }))
    await edits.edit(ann, chat, 1, 'one, edited')
    await edits.edit(ann, chat, 2, 'two, edited')
    await edits.edit(ann, chat, 1, 'one, edited again')
    await changeChat(chat, async () => [{ type: 'closed' }, { type: 'reopened' }])
    await edits.delete(ann, chat, 2)
    await commit(store, message(chat, 'ann', { content: 'three' }))

    const all = await eventsAfter(chat, 0)
    const frames = all.map(frameOf)
    t.same(
      frames.map(({ type, rev, message }) => [rev, type, message?.seq, message?.content]),
      [
        [1, 'message', 1, 'one, edited again'],
        [2, 'message', 2, ''],
        [3, 'message_edited', 1, 'one, edited again'],
        [4, 'message_edited', 2, ''],
        [5, 'message_edited', 1, 'one, edited again'],
        [6, 'chat_updated', undefined, undefined],
        [7, 'chat_updated', undefined, undefined],
        [8, 'message_deleted', 2, ''],
        [9, 'message', 3, 'three'],
      ],
    )
    t.same(
      all.map(({ rev }) => rev),
      frames.map(({ rev }) => rev),
    )
    for (let after = 0; after <= 9; after++)
      t.strictSame(await eventsAfter(chat, after), all.slice(after), `after ${after}`)
    t.same(
      told.map((event) => [event.rev, frameOf(event).type]),
      frames.filter(({ type }) => type !== 'message').map(({ rev, type }) => [rev, type]),
      'as they were told when they were committed',
    )
    t.strictSame(all[4], told[2], 'the last change of a message is told in the same words')
    t.strictSame(all[7], told.at(-1))
  })

  t.test('one message that is changed more often than one read brings', async (t) => {
    const chat = await makeChat(store, ['ann'])
    await commit(store, message(chat, 'ann'))
    await store.transaction(async (trx) => {
      await store.chats.lock(trx, chat)
      const edited = { kind: 'message_edited', seq: 1, detail: {} }
      await store.events.append(trx, chat, Array(READ).fill(edited), new Date())
    })
    await edits.delete(ann, chat, 1)
    const first = await eventsAfter(chat, 0)
    const second = await eventsAfter(chat, READ)
    t.same(
      [...first, ...second].map(({ rev }) => rev),
      Array.from({ length: READ + 2 }, (_, n) => n + 1),
    )
    t.equal(first.length, READ)
    for (const { message } of first.map(frameOf)) t.match(message, { seq: 1, rev: READ + 2, deletedAt: /Z$/ })
  })

  t.test('a change that only a newer version knows is passed on', async (t) => {
    const chat = await makeChat(store)
    await store.transaction(async (trx) => {
      await store.chats.lock(trx, chat)
      const pinned = { kind: 'pinned', seq: 1, detail: { by: 'ann' } }
      await store.events.append(trx, chat, [pinned], new Date())
    })
    const [event, ...more] = await eventsAfter(chat, 0)
    t.same(more, [])
    t.match(event === undefined ? undefined : frameOf(event), {
      type: 'chat_updated',
      rev: 1,
      change: { type: 'pinned', by: 'ann' },
    })
  })

  t.test('nothing after the end, and nothing of a chat that is not there', async (t) => {
    const chat = await makeChat(store, ['ann'])
    await commit(store, message(chat, 'ann'))
    t.same(await eventsAfter(chat, 1), [])
    t.same(await eventsAfter(chat, 7), [])
    t.same(await eventsAfter('nowhere', 0), [])
  })
})
