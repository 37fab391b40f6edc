import t from 'tap'
import { createChat } from '../helpers/clients.js'
import { nodeOf, startCluster } from '../helpers/cluster.js'
import { joinChat, messagePush, say, sessionOf } from '../helpers/frames.js'
import { execute } from '../helpers/postgres.js'

t.test('a database that has lost commits starts all chats over, on every node', async (t) => {
  const cluster = await startCluster(t, 2, { PARLEY_SWEEP_MS: '200' })
  const [here, there] = [nodeOf(cluster, 0), nodeOf(cluster, 1)]
  const [lost, other] = [await createChat(here, ['ann', 'bob']), await createChat(here, ['ann', 'bob'])]
  const [ann, bob] = [await sessionOf(t, here, 'ann'), await sessionOf(t, there, 'bob')]
  await joinChat(ann, lost)
  const { epoch } = await joinChat(bob, other)
  for (const content of ['kept', 'lost', 'lost too']) await say(ann, lost, content)

  await execute(
    cluster.databaseUrl,
    `with gone as (delete from messages where chat_id = $1 and seq > 1),
    marks as (update chat_members set last_read_seq = least(last_read_seq, 1) where chat_id = $1)
    update chats set last_seq = 1, last_rev = 1 where id = $1`,
    [lost],
  )

  // Bob's chat has lost nothing, but that is not for numbers to tell.
  t.match(await Promise.all([ann.closed, bob.closed]), [{ code: 4001 }, { code: 4001 }])
  const again = await sessionOf(t, there, 'ann')
  const data = await joinChat(again, lost, { afterRev: 3, epoch })
  t.match(data, { reset: true, complete: true, rev: 1, messages: [{ content: 'kept' }] })
  t.not(data.epoch, epoch)
  t.match(await joinChat(again, other, { afterRev: 0, epoch }), { reset: true, epoch: data.epoch })
  t.match(await say(again, lost, 'second again'), { seq: 2, rev: 2 })
  await messagePush(again, 'second again')
  t.notOk('reset' in (await joinChat(again, lost, { afterRev: 2, epoch: data.epoch })))
})

t.test('a point from before what retention has left starts over; a later one does not', async (t) => {
  const cluster = await startCluster(t, 1)
  const node = nodeOf(cluster, 0)
  const chatId = await createChat(node, ['ann'])
  const ann = await sessionOf(t, node, 'ann')
  for (const content of ['taken', 'taken too', 'kept', 'newest']) await say(ann, chatId, content)
  await execute(
    cluster.databaseUrl,
    `with gone as (delete from messages where chat_id = $1 and seq < 3)
    update chats set first_seq = 3, first_rev = 3 where id = $1`,
    [chatId],
  )
  const left = [{ content: 'kept' }, { content: 'newest' }]
  t.match(await joinChat(ann, chatId, { afterRev: 1 }), { reset: true, rev: 4, messages: left })
  const next = await joinChat(ann, chatId, { afterRev: 2 })
  t.match(next, { rev: 4, complete: true, messages: left })
  t.notOk('reset' in next)
})
