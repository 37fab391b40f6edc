import t from 'tap'
import { createChat } from '../../helpers/clients.js'
import {
  joinChat,
  messagePush,
  pushesOf,
  say,
  sessionOf,
  settled,
  startTestNode,
} from '../../helpers/frames.js'

const node = await startTestNode(t)

t.test('after a leave nothing of the chat comes any more, and the others are told', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  await joinChat(ann, chatId)
  await joinChat(bob, chatId)
  t.same(await bob.ask({ type: 'leave', chatId }), {})
  const left = await ann.next(({ type }) => type === 'user_left')
  t.same(left, { type: 'user_left', chatId, userId: 'bob' })
  await say(ann, chatId, 'anybody there?')
  await messagePush(ann, 'anybody there?')
  await settled(bob)
  t.same(pushesOf(bob, 'message'), [])
  t.match(await say(bob, chatId, 'only reading elsewhere'), { seq: 2 }, 'a member still')
})

t.test('a leave without a join, of a chat that does not exist too, is nothing', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const [ann, eve] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'eve')])
  await joinChat(ann, chatId)
  for (const one of [chatId, 'no-such-chat']) t.same(await eve.ask({ type: 'leave', chatId: one }), {})
  await settled(ann)
  t.same(pushesOf(ann, 'user_left'), [])
})

t.test('join, leave and join in one breath end joined', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const ann = await sessionOf(t, node, 'ann')
  const answers = await Promise.all([
    ann.ask({ type: 'join', chatId }),
    ann.ask({ type: 'leave', chatId }),
    ann.ask({ type: 'join', chatId }),
  ])
  t.match(answers, [{ complete: true }, {}, { complete: true }])
  await say(ann, chatId, 'in')
  t.match(await messagePush(ann, 'in'), { rev: 1 })
})

t.test('one session of two leaves: the user is still there for the others', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, phone, laptop] = await Promise.all([
    sessionOf(t, node, 'ann'),
    sessionOf(t, node, 'bob'),
    sessionOf(t, node, 'bob'),
  ])
  for (const client of [ann, phone, laptop]) await joinChat(client, chatId)
  await phone.ask({ type: 'leave', chatId })
  await say(laptop, chatId, 'still here')
  await messagePush(ann, 'still here')
  t.same(pushesOf(ann, 'user_left'), [])
  t.same(pushesOf(phone, 'message'), [])
  await laptop.close()
  t.match(
    await ann.next(({ type }) => type === 'user_left'),
    { chatId, userId: 'bob' },
    'the last one has gone',
  )
})
