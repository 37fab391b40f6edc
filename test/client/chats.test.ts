import t from 'tap'
import { call, serviceToken, TEST_SECRET, token } from '../helpers/clients.js'
import { blackPng } from '../helpers/png.js'
import { startNode } from '../helpers/processes.js'
import { openParley, when } from './parley.js'

const node = await startNode(t, { JWT_SECRET: TEST_SECRET })

t.test('two people in one chat', async (t) => {
  const [ann, bob] = [openParley(t, node, 'ann'), openParley(t, node, 'bob')]
  const inbox = bob.chats.list()
  await when(inbox, ({ isLoaded }) => isLoaded)
  const { id } = await ann.chats.create({
    type: 'general',
    subject: 'A teapot',
    members: [{ userId: 'bob' }],
  })
  const annChat = ann.chats.open(id)

  await t.test('the list of chats is kept in step', async (t) => {
    await when(inbox, ({ chats }) => chats[0]?.subject === 'A teapot')
    annChat.send('Is it still there?')
    const { chats } = await when(inbox, ({ chats }) => chats[0]?.mine.unread === 1)
    t.equal(chats[0]?.lastMessage?.content, 'Is it still there?')
  })

  const bobChat = bob.chats.open(id)
  t.equal(bob.chats.open(id), bobChat, 'one object for one chat')
  bobChat.close()

  await t.test('presence, typing, read marks', async (t) => {
    await when(bobChat, ({ isLive, members }) => isLive && members.every(({ online }) => online))
    await when(annChat, ({ members }) => members.every(({ online }) => online))
    t.equal(bobChat.state.unread, 1)
    bobChat.markRead()
    t.equal(bobChat.state.unread, 0, 'here at once')
    await when(annChat, ({ messages }) => messages[0]?.status === 'read')
    await when(inbox, ({ chats }) => chats[0]?.mine.unread === 0)

    bobChat.notifyTyping()
    const { typing } = await when(annChat, ({ typing }) => typing.length > 0)
    t.strictSame(
      typing.map(({ userId }) => userId),
      ['bob'],
    )
    bobChat.send('Yes.')
    const { messages } = await when(annChat, ({ messages }) => messages.length === 2)
    t.strictSame(annChat.state.typing, [], 'who has said something has ended typing')
    t.strictSame(
      messages.map(({ isMine, status, sender }) => [isMine, status, sender.fullName]),
      [
        [true, 'read', 'Ann'],
        [false, 'received', 'Bob'],
      ],
    )
    t.equal(annChat.messages[0], messages[0], 'what has not changed is the same object')
    bobChat.notifyTyping()
    await when(annChat, ({ typing }) => typing.length === 1)
    await when(annChat, ({ typing }) => typing.length === 0)
    t.pass('it ends by itself')
  })

  await t.test('edited and deleted', async (t) => {
    await annChat.edit(1, 'Is the teapot still there?')
    await bobChat.delete(2)
    const isDone = ({ messages }: typeof annChat.state) =>
      messages[0]?.content === 'Is the teapot still there?' && messages[1]?.deletedAt !== null
    await Promise.all([annChat, bobChat].map((chat) => when(chat, isDone)))
    await t.rejects(annChat.edit(2, 'Mine?'), { code: 'forbidden', temporary: false })
  })

  await t.test('attachments', async (t) => {
    const heard: number[] = []
    const file = new File([new Uint8Array(blackPng(40))], 'teapot.png', { type: 'image/png' })
    const attachment = await annChat.upload(file, { onProgress: (sent) => heard.push(sent) })
    annChat.send('', { attachments: [attachment] })
    const { messages } = await when(bobChat, ({ messages }) => messages.length === 3)
    t.match(messages[2]?.attachments, [{ name: 'teapot.png', mime: 'image/png', width: 40, height: 40 }])
    const url = await bobChat.attachmentUrl(attachment.id, 'thumbnail')
    t.equal((await fetch(url)).status, 200)

    const giveUp = new AbortController()
    giveUp.abort()
    await t.rejects(annChat.upload(file, { signal: giveUp.signal }), { name: 'AbortError' })
    await t.rejects(annChat.upload(new File(['MZ'], 'x.exe')), { code: 'unsupported_type' })
  })

  await t.test('archive, search, and back again', async (t) => {
    const archived = bob.chats.list({ archived: true })
    await when(archived, ({ isLoaded }) => isLoaded)
    await bob.chats.archive(id)
    await when(inbox, ({ chats }) => chats.length === 0)
    await when(archived, ({ chats }) => chats.length === 1)
    t.not(bobChat.state.mine?.archivedAt, null)
    annChat.send('Hello?')
    await when(inbox, ({ chats }) => chats.length === 1)
    await when(archived, ({ chats }) => chats.length === 0)
    for (const [q, count] of [
      ['teapot', 1],
      ['ann', 1],
      ['lamp', 0],
    ] as const) {
      const found = bob.chats.list({ q })
      t.equal((await when(found, ({ isLoaded }) => isLoaded)).chats.length, count, q)
      found.close()
    }
  })

  await t.test('who comes, and who goes', async (t) => {
    const shop = serviceToken()
    await call(node, shop, 'POST', `/chats/${id}/members`, { members: [{ userId: 'carl', role: 'support' }] })
    await when(annChat, ({ members }) => members.some(({ userId }) => userId === 'carl'))
    await call(node, shop, 'DELETE', `/chats/${id}/members/carl`)
    await when(annChat, ({ members }) => members.length === 2)
    await call(node, shop, 'POST', `/chats/${id}/close`, {})
    await when(annChat, ({ chat }) => chat?.closedAt !== null)
    annChat.send('Too late.')
    const { messages } = await when(annChat, ({ messages }) => messages.at(-1)?.status === 'failed')
    t.equal(messages.at(-1)?.error?.code, 'chat_closed')
  })
})

t.test('a list of more than a page', async (t) => {
  const dora = openParley(t, node, 'dora')
  for (let n = 0; n < 25; n += 1)
    await dora.chats.create({ type: 'general', subject: `Chat ${n}`, members: [{ userId: 'emil' }] })
  const list = openParley(t, node, 'emil').chats.list()
  await when(list, ({ isLoaded }) => isLoaded)
  while (list.state.hasMore) await list.loadMore()
  t.equal(new Set(list.state.chats.map(({ id }) => id)).size, 25)
  t.strictSame(
    list.state.chats.map(({ subject }) => subject),
    Array.from({ length: 25 }, (_, n) => `Chat ${24 - n}`),
    'the newest first',
  )
})

t.test('history is a window of bounded size', async (t) => {
  const ann = openParley(t, node, 'ann')
  const { id } = await ann.chats.create({ type: 'general', members: [{ userId: 'bob' }] })
  const send = async (n: number) =>
    await call(node, token('bob', 'Bob'), 'POST', `/chats/${id}/messages`, { content: `m${n}` })
  for (let n = 1; n <= 350; n += 1) await send(n)
  const chat = ann.chats.open(id)
  await when(chat, ({ isLive }) => isLive)
  const seqs = () => chat.messages.map(({ seq }) => seq ?? 0)
  const isUnbroken = () => seqs().every((seq, index, all) => index === 0 || seq === (all[index - 1] ?? 0) + 1)
  t.strictSame([seqs()[0], seqs().at(-1)], [301, 350])

  while (chat.state.hasOlder) {
    await chat.loadOlder()
    t.ok(isUnbroken() && chat.messages.length <= 200)
  }
  t.equal(seqs()[0], 1)
  t.ok(chat.state.hasNewer)

  // What is said meanwhile is not put after a gap, and not forgotten either.
  await send(351)
  await when(chat, ({ unread }) => unread === 351)
  t.equal(seqs().at(-1), 200)
  await chat.edit(1, 'not mine').catch(() => {})
  while (chat.state.hasNewer) {
    await chat.loadNewer()
    t.ok(isUnbroken() && chat.messages.length <= 200)
  }
  t.equal(seqs().at(-1), 351)

  while (chat.state.hasOlder) await chat.loadOlder()
  const sent = chat.send('Back to the end by saying something.')
  await when(chat, ({ messages }) => messages.at(-1)?.key === sent.key && messages.at(-1)?.status === 'sent')
  t.notOk(chat.state.hasNewer)
  t.ok(isUnbroken())
})
