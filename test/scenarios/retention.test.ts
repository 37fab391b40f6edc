import t from 'tap'
import { createPostgresDatabase } from '../../src/adapters/database-postgres.js'
import { createPgBossJobQueue } from '../../src/adapters/job-queue-pg-boss.js'
import { createRetention } from '../../src/chat/retention.js'
import { openStore } from '../../src/store/store.js'
import { ageMessages, daysAgo } from '../helpers/aged.js'
import { askLink, startFileNode, uploadFile } from '../helpers/attachments.js'
import { call, createChat, serviceToken, token, until } from '../helpers/clients.js'
import { contentOf, joinChat, messagePush, nameOf, pushesOf, say, sessionOf } from '../helpers/frames.js'
import { createDatabase, execute } from '../helpers/postgres.js'
import { SAMPLE_FILES } from '../helpers/sample-files.js'
import { commit, makeChat, message, silent } from '../helpers/stores.js'

const { url } = await createDatabase(t)
const store = await openStore(createPostgresDatabase(url, 2, silent))
t.teardown(async () => await store.close())

// Before there is a node: its first look is to find it.
const waiting = await makeChat(store, ['ann'], { type: 'order', createdAt: daysAgo(40) })
await commit(store, message(waiting, 'ann'), message(waiting, 'ann'))
await ageMessages(store, waiting, 1, daysAgo(31))

const stored = await startFileNode(t, {
  DATABASE_URL: url,
  PARLEY_RETENTION_ORDER_DAYS: '30',
  PARLEY_ATTACHMENT_UNSENT_SECONDS: '3',
  PARLEY_SWEEP_MS: '200',
})
const { node, kept } = stored

/** As on any node, but at once, and without the wait before rows are removed. */
const { run } = createRetention({
  ...{ store, jobs: createPgBossJobQueue({ execute: store.execute, logger: silent }), logger: silent },
  days: { order: 30, general: 0, audit: 0 },
  takenSeconds: 0,
})

t.test('a node takes what is old by itself', async (t) => {
  const chat = async () => (await call(node, serviceToken(), 'GET', `/chats/${waiting}`)).body
  await until(async () => (await chat()).firstSeq === 2, 'the first message is taken')
  t.match(await chat(), { firstSeq: 2, lastSeq: 2, rev: 2 })
})

t.test('while it is taken others send, read and come back', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = [await sessionOf(t, node, 'ann'), await sessionOf(t, node, 'bob')]
  await joinChat(bob, chatId)
  const body = Buffer.from(await SAMPLE_FILES['application/pdf']())
  const file = await uploadFile(stored, token('ann', nameOf('ann')), chatId, { name: 'bill.pdf', body })
  await say(ann, chatId, 'with a file', { attachments: [file.id] })
  for (const content of ['two', 'three', 'four', 'five']) await say(ann, chatId, content)
  t.equal((await kept()).length, 1)
  await ageMessages(store, chatId, 3, daysAgo(31))

  const more = Array.from({ length: 20 }, (_, n) => `more ${n}`)
  await Promise.all([run(), ...more.map(async (content) => await say(ann, chatId, content))])
  await run()
  for (const content of more) await messagePush(bob, content)
  t.same(
    pushesOf(bob, 'message').map(({ rev }) => rev),
    Array.from({ length: 25 }, (_, n) => n + 1),
    'whoever has joined sees nothing of it',
  )

  const history = async (query: string) =>
    (await call(node, serviceToken(), 'GET', `/chats/${chatId}/messages${query}`)).body
  const page = await history('?page=1&limit=100')
  t.match(page.pagination, { total: 22, nextCursor: null })
  t.match(page.data.at(-1), { seq: 4, content: 'four' })
  t.match(await history('?page=2&limit=22'), { data: [], pagination: { total: 22, nextCursor: null } })
  t.match(await history('?before=4'), { data: [], pagination: { total: 22, nextCursor: null } })
  t.match(await history('?before=5'), { data: [{ seq: 4 }] })
  t.match(await history('?after=0&limit=2'), { data: [{ seq: 5 }, { seq: 4 }] })
  t.match(await ann.request({ type: 'edit', chatId, seq: 3, content: 'x' }), { code: 'not_found' })
  t.match(await ann.request({ type: 'delete', chatId, seq: 1 }), { code: 'not_found' })

  const reset = await joinChat(ann, chatId, { afterRev: 2 })
  t.match(reset, { reset: true, complete: true, rev: 25, chat: { firstSeq: 4, lastSeq: 25 } })
  t.match(reset.messages[0], { seq: 4, content: 'four' })
  t.equal(reset.messages.length, 22)
  const point = await joinChat(ann, chatId, { afterRev: 3 })
  t.notOk('reset' in point, 'all that came after it is there')
  t.equal(point.messages.length, 22)

  t.match(await askLink(stored, serviceToken(), chatId, file.id), { status: 404 })
  await until(async () => (await kept()).length === 0, 'the bytes are removed')
})

t.test('a chat of which nothing is left', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const ann = await sessionOf(t, node, 'ann')
  await say(ann, chatId, 'old', { clientId: 'c-1' })
  await ageMessages(store, chatId, 1, daysAgo(31))
  await run()
  t.match(await joinChat(ann, chatId, { afterRev: 0 }), { reset: true, rev: 1, messages: [], complete: true })
  t.notOk('reset' in (await joinChat(ann, chatId, { afterRev: 1 })))
  const { body } = await call(node, token('ann', nameOf('ann')), 'GET', '/chats?limit=100')
  const listed = body.data.find(({ id }: { id: string }) => id === chatId)
  t.match(listed, { firstSeq: 2, lastSeq: 1, lastMessage: null, mine: { unread: 0 } })
  const again = await say(ann, chatId, 'said again', { clientId: 'c-1' })
  t.match(again, { seq: 2, rev: 2 })
  t.notOk('duplicate' in again, 'a client id is unique until retention takes it')
})

t.test('a node whose stream was overtaken starts the chat over', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const bob = await sessionOf(t, node, 'bob')
  const { epoch } = await joinChat(bob, chatId)
  await say(bob, chatId, 'seen')
  await messagePush(bob, 'seen')
  // As after days without the database: events have come and gone.
  await execute(url, 'update chats set last_rev = 8, first_rev = 9 where id = $1', [chatId])
  t.match(await bob.closed, { code: 4001 })
  const again = await sessionOf(t, node, 'bob')
  const data = await joinChat(again, chatId, { afterRev: 1, epoch })
  t.match(data, { reset: true, rev: 8, epoch })
  await say(again, chatId, 'goes on')
  t.match(contentOf(await messagePush(again, 'goes on')), 'goes on')
})
