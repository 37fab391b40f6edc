import t from 'tap'
import { call, createChat, serviceToken } from '../helpers/clients.js'
import { nodeOf, startCluster } from '../helpers/cluster.js'
import { joinChat, messagePush, pushesOf, say, sessionOf, settled } from '../helpers/frames.js'

t.test('a removal and a closing reach every node while Redis is away', async (t) => {
  const cluster = await startCluster(t, 2)
  const [here, there] = [nodeOf(cluster, 0), nodeOf(cluster, 1)]
  const chatId = await createChat(here, ['ann', 'bob', 'cat'])
  const [ann, bob, cat] = [
    await sessionOf(t, here, 'ann'),
    await sessionOf(t, there, 'bob'),
    await sessionOf(t, there, 'cat'),
  ]
  for (const client of [ann, bob, cat]) await joinChat(client, chatId)
  await cluster.redis.stop()

  t.equal((await call(here, serviceToken(), 'DELETE', `/chats/${chatId}/members/bob`)).status, 200)
  await say(ann, chatId, 'without bob')
  await messagePush(cat, 'without bob')
  await bob.next(({ type }) => type === 'removed')
  t.equal((await call(there, serviceToken(), 'POST', `/chats/${chatId}/close`)).status, 200)
  for (const client of [ann, cat]) await client.next(({ type, rev }) => type === 'chat_updated' && rev === 3)
  await settled(bob)
  t.same([...pushesOf(bob, 'message'), ...pushesOf(bob, 'chat_updated')], [])
  t.equal(pushesOf(bob, 'removed').length, 1)
})
