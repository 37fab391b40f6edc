import t from 'tap'
import { z } from 'zod'
import { call, connectSocketIo, createChat, type RawClient, token } from '../helpers/clients.js'
import { nodeOf, startCluster } from '../helpers/cluster.js'
import { eventOf, joinChat, say, sessionOf } from '../helpers/frames.js'

const SESSIONS = 60

t.test('a node that is told to end sends its sessions away, each at its own moment', async (t) => {
  const cluster = await startCluster(t, 2)
  const [here, there] = [nodeOf(cluster, 0), nodeOf(cluster, 1)]
  const chatId = await createChat(here, ['ann'])
  const clients = await Promise.all(Array.from({ length: SESSIONS }, () => sessionOf(t, here, 'ann')))
  const socket = connectSocketIo(t, here, token('ann', 'Ann'))
  await eventOf(socket, 'hello')
  const goaway = eventOf(socket, 'goaway')
  const [first] = clients
  if (first === undefined) throw new Error('nobody is there')
  await joinChat(first, chatId)

  const ended = here.stop('SIGTERM')
  t.match(await goaway, { reconnectInMs: Number })
  const delays = await Promise.all(clients.map(delayOf))
  t.ok(Math.max(...delays) <= SESSIONS * 50 + 50, 'few sessions do not take the whole window')
  t.ok(new Set(delays).size > SESSIONS / 2, 'each has a moment of its own')
  t.equal((await call(here, token('ann', 'Ann'), 'GET', '/readyz')).status, 503)
  const last = clients[delays.indexOf(Math.max(...delays))]
  if (last === undefined) throw new Error('nobody is last')
  await say(last, chatId, 'acked while the node ends')

  for (const { code } of await Promise.all(clients.map(({ closed }) => closed))) t.equal(code, 4001)
  t.equal(await ended, 0)
  const again = await sessionOf(t, there, 'ann')
  t.match(await joinChat(again, chatId), { messages: [{ content: 'acked while the node ends' }] })
})

t.test('a second signal ends it at once', async (t) => {
  const cluster = await startCluster(t, 1)
  const node = nodeOf(cluster, 0)
  const ann = await sessionOf(t, node, 'ann')
  const ended = node.stop('SIGTERM')
  await delayOf(ann)
  await node.stop('SIGTERM')
  t.equal(await ended, 1)
  t.equal((await ann.closed).code, 1006)
})

t.test('a new connection is refused meanwhile', async (t) => {
  const cluster = await startCluster(t, 1)
  const node = nodeOf(cluster, 0)
  const clients = await Promise.all(Array.from({ length: 10 }, () => sessionOf(t, node, 'ann')))
  const ended = node.stop('SIGTERM')
  await Promise.all(clients.map(delayOf))
  await t.rejects(sessionOf(t, node, 'ann'))
  const socket = connectSocketIo(t, node, token('ann', 'Ann'))
  await eventOf(socket, 'connect_error')
  t.equal(await ended, 0)
})

async function delayOf(client: RawClient): Promise<number> {
  return z.number().parse((await client.next(({ type }) => type === 'goaway')).reconnectInMs)
}
