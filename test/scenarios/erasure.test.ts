import t from 'tap'
import { z } from 'zod'
import { createPostgresDatabase } from '../../src/adapters/database-postgres.js'
import { ERASED_NAME } from '../../src/chat/erasure.js'
import { message as messageObject } from '../../src/protocol/objects.js'
import { openStore } from '../../src/store/store.js'
import { startFileNode, uploadFile } from '../helpers/attachments.js'
import {
  call,
  connectRaw,
  connectSocketIo,
  createChat,
  serviceToken,
  token,
  until,
} from '../helpers/clients.js'
import { eventOf, historyOf, joinChat, nameOf, say, sessionOf } from '../helpers/frames.js'
import { createDatabase } from '../helpers/postgres.js'
import { SAMPLE_FILES } from '../helpers/sample-files.js'
import { silent } from '../helpers/stores.js'

const { url } = await createDatabase(t)
const stored = await startFileNode(t, { DATABASE_URL: url, PARLEY_ATTACHMENT_UNSENT_SECONDS: '3' })
const { node, kept } = stored
const store = await openStore(createPostgresDatabase(url, 1, silent))
t.teardown(async () => await store.close())

const shop = serviceToken()
const annsToken = token('ann', nameOf('ann'))
const pdf = { name: 'bill-of-ann.pdf', body: Buffer.from(await SAMPLE_FILES['application/pdf']()) }

const change = z.looseObject({ type: z.string(), rev: z.number(), message: messageObject.optional() })

/** Waits until the audit says that it is done; answers what it came to. */
async function finished(erasure: unknown): Promise<unknown> {
  const entries = async () =>
    (await call(node, shop, 'GET', '/audit?action=erasure_finished')).body.data.filter(
      ({ detail }: { detail: { erasure: string } }) => detail.erasure === erasure,
    )
  await until(async () => (await entries()).length > 0, 'the erasure is finished')
  return (await entries())[0]
}

t.test('whoever is in the chat sees it happen in its order, at both doors', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const former = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = [await sessionOf(t, node, 'ann'), await sessionOf(t, node, 'bob')]
  const socket = connectSocketIo(t, node, token('bob', nameOf('bob')))
  await eventOf(socket, 'hello')
  await joinChat(bob, chatId)
  await socket.emitWithAck('join', { chatId })
  const deletions: unknown[] = []
  socket.on('message deleted', (push) => deletions.push(push))

  const file = await uploadFile(stored, annsToken, chatId, pdf)
  await uploadFile(stored, annsToken, chatId, pdf)
  await say(ann, chatId, 'my address is', { attachments: [file.id] })
  await say(bob, chatId, 'thank you')
  await say(ann, chatId, 'Lee Street 5')
  await say(ann, former, 'said before I left')
  await call(node, shop, 'DELETE', `/chats/${former}/members/ann`)
  await call(node, shop, 'POST', `/chats/${former}/close`)
  t.equal((await kept()).length, 2)

  const asked = await call(node, shop, 'DELETE', '/users/ann')
  t.match(asked, { status: 202, body: { id: 'ann', requestedAt: /Z$/ } })
  t.match(await ann.closed, { code: 4401 })
  t.match(await finished(asked.body.erasure), {
    actor: 'shop',
    userId: 'ann',
    detail: { chats: 2, messages: 3, attachments: 2 },
  })

  await bob.next(({ type, rev }) => type === 'message_deleted' && rev === 6)
  const told = bob.frames.flatMap((frame) => {
    const one = change.safeParse(frame).data
    return one === undefined || one.rev <= 3 ? [] : [one]
  })
  t.match(told, [
    { type: 'chat_updated', rev: 4, change: { type: 'member_removed', userId: 'ann' } },
    { type: 'message_deleted', rev: 5, message: { seq: 1, content: '', attachments: [], deletedAt: /Z$/ } },
    { type: 'message_deleted', rev: 6, message: { seq: 3, content: '', deletedAt: /Z$/ } },
  ])
  t.equal(told.length, 3)
  for (const { message } of told.slice(1)) t.same(message?.sender, { id: 'ann', fullName: ERASED_NAME })
  await until(() => deletions.length === 2, 'the other door tells it too')
  t.match(deletions, [{ rev: 5 }, { rev: 6 }])

  const history = await historyOf(node, chatId)
  t.match(history, [
    { seq: 3, content: '', sender: { id: 'ann', fullName: ERASED_NAME } },
    { seq: 2, content: 'thank you', sender: { id: 'bob', fullName: nameOf('bob') } },
    { seq: 1, content: '', attachments: [] },
  ])
  t.match(await historyOf(node, former), [{ seq: 1, content: '', deletedAt: /Z$/ }])
  const { body: seen } = await call(node, token('bob', nameOf('bob')), 'GET', `/chats/${chatId}`)
  t.match(seen, { type: 'order', memberCount: 1, members: [{ userId: 'bob' }] })
  await until(async () => (await kept()).length === 0, 'the bytes are removed')

  for (const table of [
    'users',
    'messages',
    'chat_events',
    'chat_members',
    'former_members',
    'attachments',
    'audit',
  ]) {
    const { rows } = await store.execute(
      `select * from ${table} t where t::text ~ 'Name of ann|bill-of-ann|Lee Street|my address'`,
      [],
    )
    t.same(rows, [], `${table} has nothing of it`)
  }
})

t.test('what a token of the user can do afterwards', async (t) => {
  const chatId = await createChat(node, ['dan', 'bob'])
  const old = token('dan', nameOf('dan'))
  const dan = await sessionOf(t, node, 'dan')
  await say(dan, chatId, 'hello')
  const { body } = await call(node, shop, 'DELETE', '/users/dan')
  await finished(body.erasure)
  await until(
    async () => (await call(node, old, 'GET', '/chats?archived=all')).body.pagination.total === 0,
    'no chat is left',
  )
  t.match(await call(node, old, 'GET', `/chats/${chatId}/messages`), {
    status: 403,
    body: { error: { code: 'not_a_member' } },
  })
  const back = await connectRaw(t, node, old)
  t.match(await back.request({ type: 'join', chatId }), { code: 'not_a_member' })
  const made = await call(node, old, 'POST', '/chats', { type: 'general', members: [{ userId: 'bob' }] })
  const { body: seen } = await call(node, old, 'GET', `/chats/${made.body.id}`)
  const named = seen.members.find(({ userId }: { userId: string }) => userId === 'dan')
  t.equal(named.fullName, ERASED_NAME, 'an older token does not name the user again')
  await call(node, shop, 'PUT', '/users/dan', { fullName: 'Dan again' })
  t.match(await call(node, old, 'GET', `/chats/${made.body.id}/members`), {
    body: { data: [{ userId: 'bob' }, { userId: 'dan', fullName: 'Dan again' }] },
  })

  const again = await call(node, shop, 'DELETE', '/users/dan')
  t.equal(again.status, 202)
  t.not(again.body.erasure, body.erasure, 'what was begun after the first one needs another')
  t.match(await finished(again.body.erasure), { detail: { chats: 1, messages: 0, attachments: 0 } })
})

t.test('a user that nobody has heard of is erased too', async (t) => {
  const { status, body } = await call(node, shop, 'DELETE', '/users/nobody')
  t.equal(status, 202)
  t.match(await finished(body.erasure), { detail: { chats: 0, messages: 0, attachments: 0 } })
})
