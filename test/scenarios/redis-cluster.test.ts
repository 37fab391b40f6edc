import t from 'tap'
import { slotOf } from '../../src/adapters/redis-slots.js'
import { chatChannel } from '../../src/chat/channels.js'
import { createChat } from '../helpers/clients.js'
import { nodeOf, startCluster } from '../helpers/cluster.js'
import { joinChat, messagePush, pushesOf, say, sessionOf } from '../helpers/frames.js'
import { startRedisCluster } from '../helpers/redis-cluster.js'

t.test(
  'a chat whose master is gone, with nobody to take over, goes on from Postgres and comes back',
  async (t) => {
    const redis = await startRedisCluster(t)
    const cluster = await startCluster(t, 2, { REDIS_URL: redis.url, REDIS_MODE: 'cluster' })
    const [here, there] = [nodeOf(cluster, 0), nodeOf(cluster, 1)]
    const chatId = await createChat(here, ['ann', 'bob'])
    const [ann, bob] = [await sessionOf(t, here, 'ann'), await sessionOf(t, there, 'bob')]
    for (const client of [ann, bob]) await joinChat(client, chatId)
    await say(ann, chatId, 'through Redis')
    await messagePush(bob, 'through Redis')

    const master = await redis.masterOf(slotOf(chatChannel(chatId)))
    await master.stop('SIGKILL')
    for (const text of ['one', 'two', 'three']) {
      await say(ann, chatId, text)
      await messagePush(bob, text)
    }
    // A chat of that time, which has never had a channel.
    const later = await createChat(there, ['ann', 'bob'])
    for (const client of [ann, bob]) await joinChat(client, later)
    await say(bob, later, 'new')
    await messagePush(ann, 'new')

    await master.start()
    await redis.whole()
    await redis.move(slotOf(chatChannel(chatId)))
    for (const text of ['four', 'five']) {
      await say(bob, chatId, text)
      await messagePush(ann, text)
    }
    for (const client of [ann, bob]) {
      const revs = pushesOf(client, 'message').flatMap((push) => (push.chatId === later ? [] : [push.rev]))
      t.same(revs, [1, 2, 3, 4, 5, 6], 'each once, in order')
    }
  },
)
