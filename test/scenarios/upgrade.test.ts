import pg from 'pg'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { replies } from '../../src/protocol/server-frames.js'
import { call, createChat, type RawClient, serviceToken, TEST_SECRET } from '../helpers/clients.js'
import {
  edit,
  erase,
  historyOf,
  joinChat,
  messagePush,
  pushesOf,
  say,
  sessionOf,
  settled,
} from '../helpers/frames.js'
import { buildOlder, findOlder, migrationsOf, ownMigrations } from '../helpers/older-version.js'
import { createDatabase } from '../helpers/postgres.js'
import { startNode } from '../helpers/processes.js'
import { startRedis } from '../helpers/redis.js'

/**
 * In the middle of an upgrade: a node of the newest version with another schema, and one of this version, on one
 * database that this one has migrated under the older one's feet.
 */

const older = await findOlder()
const shop = serviceToken()

async function applied(t: Test, url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  t.teardown(async () => await client.end())
  const { rows } = await client.query('select name from kysely_migration order by name')
  return z
    .array(z.object({ name: z.string() }))
    .parse(rows)
    .map(({ name }) => name)
}

/** Each sees all events of the chat once, in order. */
function seesAll(t: Test, client: RawClient, from: number, to: number): void {
  const revs = client.frames.flatMap(({ type, rev }) =>
    ['message', 'message_edited', 'message_deleted', 'chat_updated'].includes(type) ? [rev] : [],
  )
  t.strictSame(
    revs,
    Array.from({ length: to - from + 1 }, (_, index) => from + index),
  )
}

if ('reason' in older) t.test('an upgrade', { skip: older.reason }, async () => {})
else
  t.test(`an older node (${older.name}) and one of this version`, async (t) => {
    const entry = await buildOlder(t, older.commit)
    const [{ url }, redis] = await Promise.all([createDatabase(t), startRedis(t)])
    const env = { DATABASE_URL: url, REDIS_URL: redis.url, JWT_SECRET: TEST_SECRET }
    const before = await startNode(t, env, entry)
    t.same(await applied(t, url), await migrationsOf(older.commit))
    const chatId = await createChat(before, ['ann', 'bob'])
    const ann = await sessionOf(t, before, 'ann')
    const { epoch } = await joinChat(ann, chatId)
    await say(ann, chatId, 'before the upgrade', { clientId: 'one' })
    const early = await say(ann, chatId, 'to be edited by the older one')

    const after = await startNode(t, env)
    t.same(await applied(t, url), await ownMigrations())
    t.notSame(await migrationsOf(older.commit), await ownMigrations(), 'the schema is another one')
    const bob = await sessionOf(t, after, 'bob')
    t.match(await joinChat(bob, chatId, { afterRev: 0, epoch }), { complete: true, rev: 2, epoch })

    // What is said on one is seen on the other, and a repeat is one on both.
    for (const [client, other, content] of [
      [ann, bob, 'by the older one'],
      [bob, ann, 'by the newer one'],
    ] as const) {
      const sent = await say(client, chatId, content, { clientId: content })
      t.match(await messagePush(other, content), { rev: sent.rev, message: { seq: sent.seq } })
      t.match(await say(client, chatId, content, { clientId: content }), { ...sent, duplicate: true })
    }
    t.match(await say(ann, chatId, 'before the upgrade', { clientId: 'one' }), { seq: 1, duplicate: true })

    // Changes of messages, by the older one of what came before, by the newer one of what came after.
    await edit(ann, chatId, early.seq, 'edited by the older one')
    await edit(bob, chatId, 4, 'edited by the newer one')
    await erase(ann, chatId, 3)
    const { seq } = await say(bob, chatId, 'to be deleted')
    await erase(bob, chatId, seq)

    // Who belongs to the chat, and whether it is open.
    for (const [node, userId] of [
      [before, 'cid'],
      [after, 'dan'],
    ] as const) {
      const path = `/chats/${chatId}/members`
      t.match(await call(node, shop, 'POST', path, { members: [{ userId, role: 'support' }] }), {
        status: 200,
      })
      t.match(await call(node, shop, 'DELETE', `${path}/${userId}`), { status: 200 })
    }
    t.match(await call(before, shop, 'POST', `/chats/${chatId}/close`), { status: 200 })
    t.match(await bob.request({ type: 'send', chatId, content: 'closed' }), { code: 'chat_closed' })
    t.match(await call(after, shop, 'POST', `/chats/${chatId}/reopen`), { status: 200 })
    for (const client of [ann, bob]) await client.ask({ type: 'read', chatId, seq })
    await say(ann, chatId, 'last')
    const last = Number((await messagePush(bob, 'last')).rev)
    await messagePush(ann, 'last')
    for (const client of [ann, bob]) await settled(client)
    seesAll(t, ann, 1, last)
    seesAll(t, bob, 3, last)
    t.equal(pushesOf(ann, 'message_edited').length, 2)

    // One history, whoever is asked, and the same to one who comes back to either.
    const history = await historyOf(after, chatId)
    t.strictSame(await historyOf(before, chatId), history)
    t.match(
      history.map(({ content }) => content),
      ['last', '', 'edited by the newer one', '', 'edited by the older one', 'before the upgrade'],
    )
    for (const node of [before, after]) {
      const back = await sessionOf(t, node, 'ann')
      const { chats } = replies.resume.parse(
        await back.ask({ type: 'resume', chats: { [chatId]: 2 }, epoch }),
      )
      t.match(chats[chatId], { rev: last, complete: true, epoch, chat: { lastSeq: 6 } })
      t.notOk(Object.hasOwn(chats[chatId] ?? {}, 'reset'))
      await back.close()
    }

    // The last of the older ones goes.
    t.equal(await before.stop(), 0)
    const moved = await sessionOf(t, after, 'ann')
    t.match(await joinChat(moved, chatId, { afterRev: last, epoch }), { rev: last, complete: true })
    await say(moved, chatId, 'after the upgrade')
    await messagePush(bob, 'after the upgrade')
  })
