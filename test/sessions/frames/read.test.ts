import t, { type Test } from 'tap'
import { call, createChat, serviceToken, token } from '../../helpers/clients.js'
import { joinChat, pushesOf, say, sessionOf, settled, startTestNode } from '../../helpers/frames.js'

const node = await startTestNode(t)
const read = (chatId: string, seq: unknown) => ({ type: 'read', chatId, seq })

async function chatOfThree(t: Test) {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  for (const content of ['one', 'two', 'three']) await say(ann, chatId, content)
  return { chatId, ann, bob }
}

t.test('the mark moves up and never down; unread is lastSeq - lastReadSeq', async (t) => {
  const { chatId, bob } = await chatOfThree(t)
  t.match((await joinChat(bob, chatId)).mine, { lastReadSeq: 0, unread: 3 })
  t.same(await bob.ask(read(chatId, 2)), { lastReadSeq: 2, unread: 1 })
  t.same(await bob.ask(read(chatId, 2)), { lastReadSeq: 2, unread: 1 })
  t.same(await bob.ask(read(chatId, 1)), { lastReadSeq: 2, unread: 1 })
  t.same(await bob.ask(read(chatId, 0)), { lastReadSeq: 2, unread: 1 })
  t.same(await bob.ask(read(chatId, 3)), { lastReadSeq: 3, unread: 0 })
  const { body } = await call(node, token('bob', 'Bob'), 'GET', `/chats/${chatId}`)
  t.match(body.mine, { lastReadSeq: 3, unread: 0 })
})

t.test('of many at once the highest wins', async (t) => {
  const { chatId, bob } = await chatOfThree(t)
  await Promise.all([3, 1, 2, 3, 2].map((seq) => bob.ask(read(chatId, seq))))
  t.same(await bob.ask(read(chatId, 0)), { lastReadSeq: 3, unread: 0 })
})

t.test('above the end of the chat is bad_request, and the mark does not move', async (t) => {
  const { chatId, bob } = await chatOfThree(t)
  for (const seq of [4, 1_000_000, Number.MAX_SAFE_INTEGER])
    t.match(await bob.request(read(chatId, seq)), { type: 'error', code: 'bad_request', temporary: false })
  t.same(await bob.ask(read(chatId, 0)), { lastReadSeq: 0, unread: 3 })
})

t.test('a seq is a whole number from 0', async (t) => {
  const { chatId, bob } = await chatOfThree(t)
  for (const seq of [-1, 1.5, '2', null, undefined, Number.MAX_SAFE_INTEGER + 1])
    t.match(await bob.request(read(chatId, seq)), { type: 'error', code: 'bad_request' })
})

t.test('who has joined is told of marks that move, and only of those', async (t) => {
  const { chatId, ann, bob } = await chatOfThree(t)
  await joinChat(ann, chatId)
  await bob.ask(read(chatId, 2))
  t.same(await ann.next(({ type }) => type === 'read'), { type: 'read', chatId, userId: 'bob', seq: 2 })
  await bob.ask(read(chatId, 1))
  await bob.request(read(chatId, 9))
  await bob.ask(read(chatId, 3))
  await ann.next(({ type, seq }) => type === 'read' && seq === 3)
  t.same(
    pushesOf(ann, 'read').map(({ seq }) => seq),
    [2, 3],
  )
})

t.test("one's own send moves one's own mark, and nobody is pushed a read", async (t) => {
  const { chatId, ann, bob } = await chatOfThree(t)
  await joinChat(ann, chatId)
  await say(bob, chatId, 'four')
  t.same(await bob.ask(read(chatId, 0)), { lastReadSeq: 4, unread: 0 })
  t.same(await ann.ask(read(chatId, 0)), { lastReadSeq: 3, unread: 1 })
  // What comes later on the same way has come: an earlier push would have, too.
  await ann.ask(read(chatId, 4))
  await ann.next(({ type, seq }) => type === 'read' && seq === 4)
  t.same(
    pushesOf(ann, 'read').map(({ userId }) => userId),
    ['ann'],
  )
})

t.test('a new member starts at the end and sees all history', async (t) => {
  const { chatId, ann } = await chatOfThree(t)
  await call(node, serviceToken(), 'POST', `/chats/${chatId}/members`, { userId: 'cat' })
  const cat = await sessionOf(t, node, 'cat')
  const data = await joinChat(cat, chatId)
  t.match(data.mine, { lastReadSeq: 3, unread: 0 })
  t.same(
    data.messages.map(({ seq }) => seq),
    [1, 2, 3],
  )
  await say(ann, chatId, 'welcome')
  t.same(await cat.ask(read(chatId, 0)), { lastReadSeq: 3, unread: 1 })
})

t.test('who is no member is told so, and keeps the session', async (t) => {
  const { chatId } = await chatOfThree(t)
  const eve = await sessionOf(t, node, 'eve')
  for (const one of [chatId, 'no-such-chat'])
    for (const seq of [1, 99])
      t.match(await eve.request(read(one, seq)), { type: 'error', code: 'not_a_member', temporary: false })
  await settled(eve)
})
