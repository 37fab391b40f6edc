import { join } from 'node:path'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { createChat, type RawClient, TEST_SECRET, until } from '../helpers/clients.js'
import { edit, erase, historyOf, joinChat, messagePush, pushesOf, say, sessionOf } from '../helpers/frames.js'
import {
  ask,
  createOwnDatabase,
  noOwnPostgres,
  type OwnPostgres,
  serverFolder,
  startOwnPostgres,
} from '../helpers/own-postgres.js'
import { startNode } from '../helpers/processes.js'

/** docs/backup.md: a dump that is made while people talk, and a restore into another database. */

const nodeOn = async (t: Test, url: string) =>
  await startNode(t, { DATABASE_URL: url, JWT_SECRET: TEST_SECRET })

/** All that is kept of a chat up to an event of it. */
async function kept(url: string, chatId: string, rev: number) {
  const rows = async (statement: string) => await ask(url, statement, [chatId, rev])
  return {
    messages: await rows('select * from messages where chat_id = $1 and changed_rev <= $2 order by seq'),
    events: await rows('select * from chat_events where chat_id = $1 and rev <= $2 order by rev'),
    members: await ask(
      url,
      'select user_id, role, joined_at from chat_members where chat_id = $1 order by 1',
      [chatId],
    ),
  }
}

async function revOf(url: string, chatId: string): Promise<number> {
  const [row] = await ask(url, 'select last_rev::int as rev from chats where id = $1', [chatId])
  return z.object({ rev: z.int() }).parse(row).rev
}

async function restore(server: OwnPostgres, dump: string): Promise<string> {
  const url = await createOwnDatabase(server)
  await server.run('pg_restore', '--exit-on-error', '-d', url, dump)
  return url
}

/** Talks in a chat until it is told to stop; answers how much it has said. */
function talk(client: RawClient, chatId: string) {
  let isOver = false
  let said = 0
  const over = (async () => {
    for (; !isOver; said++) await say(client, chatId, `message ${said}`, { clientId: `c${said}` })
  })()
  return {
    said: () => said,
    async stop(): Promise<number> {
      isOver = true
      await over
      return said
    },
  }
}

t.test(
  'a restored dump is a whole past, and clients begin anew in it',
  { skip: noOwnPostgres },
  async (t) => {
    const server = await startOwnPostgres(t)
    const dump = join(await serverFolder(t), 'parley.dump')
    const url = await createOwnDatabase(server)
    const node = await nodeOn(t, url)
    const [busy, quiet] = [await createChat(node, ['ann', 'bob']), await createChat(node, ['ann', 'bob'])]
    const [ann, bob] = [await sessionOf(t, node, 'ann'), await sessionOf(t, node, 'bob')]
    const { epoch } = await joinChat(ann, quiet)
    await joinChat(bob, busy)
    await say(ann, quiet, 'first', { clientId: 'first' })
    const { seq } = await say(ann, quiet, 'second')
    await edit(ann, quiet, seq, 'second, edited')
    await erase(ann, quiet, (await say(ann, quiet, 'third')).seq)
    const quietRev = await revOf(url, quiet)

    const talker = talk(ann, busy)
    await until(() => talker.said() >= 20, 'they talk')
    await server.run('pg_dump', '--format=custom', '--file', dump, '-d', url)
    const atDump = talker.said()
    await until(() => talker.said() >= atDump + 20, 'they go on talking')
    const said = await talker.stop()
    await messagePush(bob, `message ${said - 1}`)
    await say(ann, quiet, 'after the dump', { clientId: 'after' })
    await node.stop('SIGKILL')

    const restored = await restore(server, dump)
    const busyRev = await revOf(restored, busy)
    t.ok(busyRev >= 20 && busyRev < said, `${busyRev} of ${said} events are in the dump`)
    for (const [chatId, rev] of [
      [busy, busyRev],
      [quiet, quietRev],
    ] as const) {
      t.equal(await revOf(restored, chatId), rev)
      t.strictSame(await kept(restored, chatId, rev), await kept(url, chatId, rev))
    }

    const [first, second] = await Promise.all([nodeOn(t, restored), nodeOn(t, restored)])
    const isTold = [first, second].filter((one) => one.output().includes('was restored from a dump'))
    t.equal(isTold.length, 1, 'one of the nodes that start at once begins the new epoch')
    t.strictSame(
      (await historyOf(first, quiet)).map(({ content }) => content),
      ['', 'second, edited', 'first'],
    )

    // Both have seen more than there is now, or as much: what they have counted is of another time.
    const back = await sessionOf(t, first, 'ann')
    const far = await joinChat(back, busy, { afterRev: said, epoch })
    t.match(far, { reset: true, complete: true, rev: busyRev })
    t.not(far.epoch, epoch)
    t.match(await joinChat(back, quiet, { afterRev: quietRev, epoch }), { reset: true, rev: quietRev })

    // A client that has had no answer says it again: what is in the dump is a repeat, what is lost is said.
    t.match(await say(back, quiet, 'first', { clientId: 'first' }), { seq: 1, duplicate: true })
    const again = await say(back, quiet, 'after the dump', { clientId: 'after' })
    t.match(again, { seq: 4, rev: quietRev + 1 })
    t.notOk(Object.hasOwn(again, 'duplicate'))
    const bobsBack = await sessionOf(t, second, 'bob')
    t.match(await joinChat(bobsBack, busy, { afterRev: busyRev, epoch: far.epoch }), { rev: busyRev })
    t.match(await say(bobsBack, busy, 'we go on'), { seq: busyRev + 1, rev: busyRev + 1 })
    t.equal(pushesOf(bobsBack, 'message').length, 1)

    // Once: what starts there later finds it as it left it.
    await second.stop()
    const third = await nodeOn(t, restored)
    t.notMatch(third.output(), 'was restored from a dump')
    const later = await sessionOf(t, third, 'bob')
    const joined = await joinChat(later, busy, { afterRev: busyRev, epoch: far.epoch })
    t.match(joined, { epoch: far.epoch, complete: true, messages: [{ content: 'we go on' }] })
    t.notOk(Object.hasOwn(joined, 'reset'))
  },
)
