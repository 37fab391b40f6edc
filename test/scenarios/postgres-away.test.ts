import t, { type Test } from 'tap'
import {
  call,
  createChat,
  type RawClient,
  serviceToken,
  TEST_SECRET,
  token,
  until,
} from '../helpers/clients.js'
import { createDatabaseLink, type DatabaseLink } from '../helpers/database-link.js'
import { joinChat, messagePush, nameOf, pushesOf, say, sessionOf, settled } from '../helpers/frames.js'
import { createDatabase } from '../helpers/postgres.js'
import { type NodeProcess, startNode } from '../helpers/processes.js'
import { startRedis } from '../helpers/redis.js'

interface Place {
  readonly node: NodeProcess
  readonly link: DatabaseLink
  readonly session: RawClient
}

/** Two nodes, each with a way to the database of its own, and a session on each that has joined the chat. */
async function start(
  t: Test,
  annsEnv: Record<string, string> = {},
): Promise<{ ann: Place; bob: Place; chatId: string }> {
  const [{ url }, redis] = await Promise.all([createDatabase(t), startRedis(t)])
  const open = async (env: Record<string, string>) => {
    const link = await createDatabaseLink(t, url)
    return {
      link,
      node: await startNode(t, {
        ...{ DATABASE_URL: link.url, REDIS_URL: redis.url, JWT_SECRET: TEST_SECRET },
        ...env,
      }),
    }
  }
  const [here, there] = await Promise.all([open(annsEnv), open({})])
  const chatId = await createChat(here.node, ['ann', 'bob'])
  const ann = { ...here, session: await sessionOf(t, here.node, 'ann') }
  const bob = { ...there, session: await sessionOf(t, there.node, 'bob') }
  await joinChat(ann.session, chatId)
  await joinChat(bob.session, chatId)
  return { ann, bob, chatId }
}

const isReady = async ({ node }: Place) => (await fetch(`${node.url}/readyz`)).status === 200

function warnings({ node }: Place): string[] {
  return node
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter(({ level }) => level >= 40)
    .map(({ msg }) => msg)
    .filter((msg) => !msg.startsWith('attachments are off'))
}

async function history({ node }: Place, chatId: string): Promise<{ content: string; seq: number }[]> {
  const { body } = await call(node, serviceToken(), 'GET', `/chats/${chatId}/messages?limit=100`)
  return body.data.map(({ content, seq }: { content: string; seq: number }) => ({ content, seq })).reverse()
}

for (const how of ['cut', 'freeze'] as const)
  t.test(`while Postgres is away (${how}) nodes say so at once, and go on by themselves`, async (t) => {
    const { ann, bob, chatId } = await start(t)
    await say(ann.session, chatId, 'before')
    await messagePush(bob.session, 'before')
    for (const { link } of [ann, bob]) await link[how]()

    const send = (content: string) => ({ type: 'send', chatId, content, clientId: content })
    // Many at once: none waits for the other.
    const refused = await Promise.all(
      [ann, bob].flatMap(({ session }, place) =>
        Array.from({ length: 20 }, async (_, n) => await session.request(send(`lost ${place} ${n}`))),
      ),
    )
    for (const answer of refused) t.match(answer, { type: 'error', code: 'overloaded', temporary: true })
    await until(async () => !(await isReady(ann)) && !(await isReady(bob)), 'both are not ready')

    // It is known now: a send is answered before what comes behind it.
    ann.session.send({ ...send('at once'), ref: 'send' })
    ann.session.send({ type: 'ping', ref: 'ping' })
    t.match(await ann.session.next(({ ref }) => ref === 'send' || ref === 'ping'), {
      ref: 'send',
      code: 'overloaded',
    })
    await settled(ann.session)
    const path = `/chats/${chatId}/messages`
    const rest = await call(ann.node, serviceToken(), 'POST', path, { content: 'by REST', senderId: 'ann' })
    t.match(rest, { status: 503, body: { error: { code: 'overloaded', temporary: true } } })
    t.equal(rest.headers.get('retry-after'), '1')
    t.equal((await call(bob.node, token('bob', nameOf('bob')), 'GET', path)).status, 503)
    ann.session.send({ type: 'typing', chatId, active: true })
    await bob.session.next(
      ({ type, userId, active }) => type === 'typing' && userId === 'ann' && active === true,
    )

    for (const { link } of [ann, bob]) await link.restore()
    await until(async () => (await isReady(ann)) && (await isReady(bob)), 'both are ready')
    await say(bob.session, chatId, 'after', { clientId: 'after' })
    await messagePush(ann.session, 'after')
    // What was under way may have been committed after all; asked again it is, once.
    await say(ann.session, chatId, 'lost 0 0', { clientId: 'lost 0 0' })
    await Promise.all([ann, bob].map(async ({ session }) => await messagePush(session, 'lost 0 0')))

    const kept = await history(ann, chatId)
    t.strictSame(
      kept.map(({ seq }) => seq),
      kept.map((_, index) => index + 1),
    )
    t.equal(kept.filter(({ content }) => content === 'lost 0 0').length, 1)
    for (const place of [ann, bob]) {
      await until(() => pushesOf(place.session, 'message').length >= kept.length, 'all are told')
      const revs = pushesOf(place.session, 'message').map(({ rev }) => rev)
      t.strictSame(
        revs,
        revs.map((_, index) => index + 1),
        'each once, in order',
      )
      t.strictSame(warnings(place), ['the database is away', 'the database is back'])
    }
  })

t.test('a commit whose answer is lost is told, and a retry gets the original', async (t) => {
  const { ann, bob, chatId } = await start(t, { PARLEY_SWEEP_MS: '600000' })
  const first = await say(ann.session, chatId, 'first')
  ann.link.loseAnswers()
  const send = { type: 'send', chatId, content: 'said once', clientId: 'once' }
  t.match(await ann.session.request(send), { type: 'error', code: 'overloaded', temporary: true })
  // Nobody asks again yet, nobody says anything more, and the sweep of ann's node is far away.
  const pushes = await Promise.all(
    [ann, bob].map(async ({ session }) => await messagePush(session, 'said once')),
  )
  const { seq, rev, duplicate } = await say(ann.session, chatId, 'said once', { clientId: 'once' })
  t.match({ seq, rev, duplicate }, { seq: first.seq + 1, rev: first.rev + 1, duplicate: true })
  for (const push of pushes) t.match(push, { rev, message: { seq, clientId: 'once' } })
  await say(bob.session, chatId, 'last')
  for (const { session } of [ann, bob]) {
    await messagePush(session, 'last')
    t.strictSame(
      pushesOf(session, 'message').map(({ rev }) => rev),
      [1, 2, 3],
    )
  }
  t.strictSame(await history(bob, chatId), [
    { content: 'first', seq: 1 },
    { content: 'said once', seq: 2 },
    { content: 'last', seq: 3 },
  ])
})
