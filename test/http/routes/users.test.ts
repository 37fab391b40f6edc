import t from 'tap'
import { signToken } from '../../../src/chat/tokens.js'
import { call, createChat, serviceToken, TEST_SECRET, token } from '../../helpers/clients.js'
import { joinChat, messagePush, nameOf, say, sessionOf, startTestNode } from '../../helpers/frames.js'

const node = await startTestNode(t)
const shop = serviceToken()

t.test('PUT: the name counts in later messages and in all history, from open sessions too', async (t) => {
  const chatId = await createChat(node, ['amy', 'bob'])
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'amy'), sessionOf(t, node, 'bob')])
  await joinChat(bob, chatId)
  await say(ann, chatId, 'before')
  t.match(await messagePush(bob, 'before'), { message: { sender: { fullName: nameOf('amy') } } })

  const answer = await call(node, shop, 'PUT', '/users/amy', { fullName: '  Amy Müller ' })
  t.same([answer.status, answer.body], [200, { id: 'amy', fullName: 'Amy Müller' }])
  await say(ann, chatId, 'after')
  t.match(await messagePush(bob, 'after'), {
    message: { sender: { id: 'amy', fullName: 'Amy Müller' } },
    rev: 2,
  })
  const { body } = await call(node, shop, 'GET', `/chats/${chatId}/messages`)
  t.same(
    body.data.map((one: { sender: { fullName: string } }) => one.sender.fullName),
    ['Amy Müller', 'Amy Müller'],
  )
  const data = await joinChat(bob, chatId)
  t.match(data.members, [{ userId: 'amy', fullName: 'Amy Müller' }, { userId: 'bob' }])
  t.equal(data.rev, 2, 'a change of name is no event')
  t.notOk(bob.frames.some(({ type }) => type === 'chat_updated'))
})

t.test('PUT: a user that nobody has heard of', async (t) => {
  const answer = await call(node, shop, 'PUT', '/users/new', { fullName: 'New One' })
  t.same([answer.status, answer.body], [200, { id: 'new', fullName: 'New One' }])
})

t.test('DELETE sessions: those there are end, and it is no fault if there are none', async (t) => {
  const [dan, eve] = await Promise.all([sessionOf(t, node, 'dan'), sessionOf(t, node, 'eve')])
  const end = (userId: string, bearer = shop) => call(node, bearer, 'DELETE', `/users/${userId}/sessions`)
  t.match(await end('dan'), { status: 200, body: { id: 'dan', endedAt: /Z$/ } })
  t.match(await dan.closed, { code: 4401 })
  t.match(await end('dan'), { status: 200, body: { id: 'dan' } })
  t.match(await end('nobody'), { status: 200, body: { id: 'nobody' } })
  t.match(await end('eve', token('eve', 'Eve')), { status: 403, body: { error: { code: 'forbidden' } } })
  t.match(await end('x'.repeat(65)), { status: 400, body: { error: { code: 'bad_request' } } })
  t.match(await end('%00'), { status: 400, body: { error: { code: 'bad_request' } } })
  t.match(await eve.request({ type: 'ping' }), { type: 'reply' })
})

t.test('of token and backend the newest counts', async (t) => {
  const chatId = await createChat(node, ['cat'])
  const name = async () => (await call(node, shop, 'GET', `/chats/${chatId}`)).body.members[0].fullName
  const old = token('cat', 'Cat of old')
  await call(node, shop, 'PUT', '/users/cat', { fullName: 'Cat by the shop' })
  await call(node, old, 'GET', '/chats')
  t.equal(await name(), 'Cat by the shop', 'an older token says nothing new')
  const inTheFuture = Math.floor(Date.now() / 1000) + 5
  const { createSigner } = await import('fast-jwt')
  const newer = createSigner({ key: TEST_SECRET, algorithm: 'HS256' })({
    id: 'cat',
    name: 'Cat of now',
    iat: inTheFuture,
    exp: inTheFuture + 3600,
  })
  await call(node, newer, 'GET', '/chats')
  t.equal(await name(), 'Cat of now')
})

t.test('the claims id and name stand in for sub and fullName by REST too', async (t) => {
  const { createSigner } = await import('fast-jwt')
  const exp = Math.floor(Date.now() / 1000) + 3600
  const bearer = createSigner({ key: TEST_SECRET, algorithm: 'HS256' })({ id: 'ida', name: 'Ida N.', exp })
  const made = await call(node, bearer, 'POST', '/chats', { type: 'general', members: [{ userId: 'bob' }] })
  t.equal(made.status, 201)
  const { body } = await call(node, bearer, 'GET', `/chats/${made.body.id}/members`)
  t.match(body.data, [{ userId: 'bob' }, { userId: 'ida', fullName: 'Ida N.' }])
})

t.test('a scope among others makes the backend; another does not', async (t) => {
  const rules = { secret: TEST_SECRET, issuer: undefined, audience: undefined, expiresInMs: 60_000 }
  const bearer = (scope: string) => signToken(rules, { sub: 'shop', fullName: 'The Shop', scope })
  for (const [scope, status] of [
    ['openid chat:service', 200],
    ['chat:services', 403],
    ['chat', 403],
    ['', 403],
  ] as const)
    t.equal((await call(node, bearer(scope), 'PUT', '/users/x', { fullName: 'X' })).status, status, scope)
})
