import t, { type Test } from 'tap'
import { call, connectSocketIo, createChat, type RawClient, serviceToken, token } from '../helpers/clients.js'
import { type Cluster, nodeOf, startCluster } from '../helpers/cluster.js'
import { eventOf, joinChat, messagePush, nameOf, say, sessionOf } from '../helpers/frames.js'

async function endAll(cluster: Cluster, userId: string): Promise<void> {
  const path = `/users/${userId}/sessions`
  const { status, body } = await call(nodeOf(cluster, 0), serviceToken(), 'DELETE', path)
  if (status !== 200 || body.id !== userId) throw new Error(JSON.stringify(body))
}

/** A session of the user at each node. */
async function onBoth(t: Test, cluster: Cluster, userId: string): Promise<RawClient[]> {
  return [await sessionOf(t, nodeOf(cluster, 0), userId), await sessionOf(t, nodeOf(cluster, 1), userId)]
}

t.test('all sessions of the user end on every node, those that begin later do not', async (t) => {
  const cluster = await startCluster(t, 2)
  const chatId = await createChat(nodeOf(cluster, 0), ['ann', 'bob'])
  const witnesses = await onBoth(t, cluster, 'bob')
  for (const bob of witnesses) await joinChat(bob, chatId)

  const ann = await onBoth(t, cluster, 'ann')
  const socket = connectSocketIo(t, nodeOf(cluster, 1), token('ann', nameOf('ann')))
  await eventOf(socket, 'hello')
  const ended = eventOf(socket, 'disconnect')
  await endAll(cluster, 'ann')
  const later = await onBoth(t, cluster, 'ann')
  for (const one of ann) t.match(await one.closed, { code: 4401 })
  t.equal(await ended, 'io server disconnect')

  // Without the bus cem's end is read from Postgres, and ann's again with it.
  const cem = await onBoth(t, cluster, 'cem')
  await cluster.redis.stop()
  await endAll(cluster, 'cem')
  const cemLater = await onBoth(t, cluster, 'cem')
  for (const one of cem) t.match(await one.closed, { code: 4401 })
  for (const one of later) t.match(await one.request({ type: 'ping' }), { type: 'reply' })

  await endAll(cluster, 'ann')
  for (const one of later) t.match(await one.closed, { code: 4401 })
  for (const one of cemLater) t.match(await one.request({ type: 'ping' }), { type: 'reply' })
  await cluster.redis.start()

  const [here, there] = witnesses
  if (here === undefined || there === undefined) throw new Error('two of them')
  await say(here, chatId, 'as if nothing had been')
  await messagePush(there, 'as if nothing had been')
})
