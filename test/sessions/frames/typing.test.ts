import t from 'tap'
import { call, createChat, serviceToken } from '../../helpers/clients.js'
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
const typing = (chatId: string, active: unknown = true) => ({ type: 'typing', chatId, active })

t.test('other users are told, none of the own sessions; and it is not answered', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, phone, laptop] = await Promise.all([
    sessionOf(t, node, 'ann'),
    sessionOf(t, node, 'bob'),
    sessionOf(t, node, 'bob'),
  ])
  for (const client of [ann, phone, laptop]) await joinChat(client, chatId)
  phone.send({ ...typing(chatId), ref: 'typed' })
  t.same(await ann.next(({ type }) => type === 'typing'), {
    type: 'typing',
    chatId,
    userId: 'bob',
    active: true,
  })
  phone.send({ ...typing(chatId, false), ref: 'typed' })
  t.match(await ann.next(({ type, active }) => type === 'typing' && active === false), { userId: 'bob' })
  for (const client of [phone, laptop]) {
    await settled(client)
    t.same(pushesOf(client, 'typing'), [])
  }
  t.notOk(
    phone.frames.some(({ ref }) => ref === 'typed'),
    'no answer',
  )
})

t.test('a member need not have joined to be seen typing', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  await joinChat(ann, chatId)
  bob.send(typing(chatId))
  t.match(await ann.next(({ type }) => type === 'typing'), { chatId, userId: 'bob', active: true })
  await settled(bob)
  t.same(pushesOf(bob, 'typing'), [])
})

t.test('it ends by itself after 5 s', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  await Promise.all([joinChat(ann, chatId), joinChat(bob, chatId)])
  bob.send(typing(chatId))
  await ann.next(({ type, active }) => type === 'typing' && active === true)
  const from = Date.now()
  await ann.next(({ type, active }) => type === 'typing' && active === false)
  const after = Date.now() - from
  t.ok(after > 4500 && after < 9000, `after ${after} ms`)
  t.equal(pushesOf(ann, 'typing').length, 2)
})

t.test('it ends when the message comes, and when the one who types goes away', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  await Promise.all([joinChat(ann, chatId), joinChat(bob, chatId)])
  const ends = () => pushesOf(ann, 'typing').filter(({ active }) => active === false).length
  bob.send(typing(chatId))
  await ann.next(({ type }) => type === 'typing')
  const from = Date.now()
  await say(bob, chatId, 'here it is')
  await ann.next(({ type, active }) => type === 'typing' && active === false)
  bob.send(typing(chatId))
  await ann.next((frame) => frame === pushesOf(ann, 'typing')[2])
  await bob.close()
  await ann.next((frame) => frame === pushesOf(ann, 'typing')[3])
  t.equal(ends(), 2)
  t.ok(Date.now() - from < 4000, 'not by itself')
})

t.test('who is no member is refused, nobody is told, and the session stays', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const [ann, eve] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'eve')])
  await joinChat(ann, chatId)
  for (const one of [chatId, 'no-such-chat'])
    t.match(await eve.request(typing(one)), { type: 'error', code: 'not_a_member', temporary: false })
  await settled(eve)
  await say(ann, chatId, 'still alone')
  await messagePush(ann, 'still alone')
  t.same(pushesOf(ann, 'typing'), [])
})

t.test('one who was removed is refused from then on', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  await Promise.all([joinChat(ann, chatId), joinChat(bob, chatId)])
  await call(node, serviceToken(), 'DELETE', `/chats/${chatId}/members/bob`)
  await bob.next(({ type }) => type === 'removed')
  t.match(await bob.request(typing(chatId)), { type: 'error', code: 'not_a_member' })
})

t.test('active is true or false', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const ann = await sessionOf(t, node, 'ann')
  for (const active of [1, 'true', null, undefined])
    t.match(await ann.request({ type: 'typing', chatId, active }), { type: 'error', code: 'bad_request' })
})
