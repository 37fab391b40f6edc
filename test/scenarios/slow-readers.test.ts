import { readFile } from 'node:fs/promises'
import t from 'tap'
import { createChat, type RawClient } from '../helpers/clients.js'
import { joinChat, messagePush, pushesOf, say, sessionOf, startTestNode } from '../helpers/frames.js'
import { scrape } from '../helpers/metrics.js'
import { SlowReader } from '../helpers/slow-reader.js'

const READERS = 1000
const BUFFER_MEGABYTES = 64
const CONTENT = 'x'.repeat(8000)

t.setTimeout(300_000)

t.test('a slow reader gets a whole stream, then 4002, and resumes', async (t) => {
  const node = await startTestNode(t, { PARLEY_SESSION_BUFFER_BYTES: '262144' })
  const chatId = await createChat(node, ['ann', 'bob'])
  const ann = await sessionOf(t, node, 'ann')
  await joinChat(ann, chatId)
  const slow = await SlowReader.join(t, node.wsUrl, 'bob', chatId)
  const said = await sayUntilGone(ann, chatId, 'bob')
  // The frame that was too much is sent as well: only what is said from now on is missed for certain.
  await say(ann, chatId, 'said when it was gone')
  t.equal(await slow.readOn(), 4002)
  t.ok(slow.revs.length <= said)
  t.strictSame(slow.revs, count(slow.revs.length), 'no hole, no repeat')
  const told = await scrape(node)
  t.equal(told.value('parley_slow_readers_total', { how: 'latched' }), 1)
  t.equal(told.value('parley_sessions_ended_total', { door: 'raw', code: '4002' }), 1)

  const again = await sessionOf(t, node, 'bob')
  const { messages } = await joinChat(again, chatId, { afterRev: slow.revs.length })
  t.equal(messages[0]?.rev, slow.revs.length + 1, 'it goes on with what it has missed')
})

t.test('a thousand slow readers neither hold up a fast one nor grow the process', async (t) => {
  const node = await startTestNode(t, {
    PARLEY_SESSION_BUFFER_BYTES: '262144',
    PARLEY_BUFFER_BYTES: String(BUFFER_MEGABYTES * 2 ** 20),
    PARLEY_SESSIONS_PER_USER: '0',
  })
  const chatId = await createChat(node, ['ann', 'bob', 'cat'])
  const [ann, fast] = [await sessionOf(t, node, 'ann'), await sessionOf(t, node, 'cat')]
  await Promise.all([joinChat(ann, chatId), joinChat(fast, chatId)])
  const slow = await Promise.all(count(READERS).map(() => SlowReader.join(t, node.wsUrl, 'bob', chatId)))

  const before = await megabytes(node.pid)
  const said = await sayUntilGone(ann, chatId, 'bob')
  await fast.next(({ type, rev }) => type === 'message' && rev === said)
  // What waits is kept in strings that grow by doubling, and a burst is seen when it has been.
  const grown = (await megabytes(node.pid)) - before
  t.ok(grown < 4 * BUFFER_MEGABYTES, `grown by ${Math.round(grown)} MB after ${said} messages`)

  const codes = new Set(await Promise.all(slow.map((reader) => reader.readOn())))
  t.ok(
    [...codes].every((code) => code === 4002 || code === 1006),
    [...codes].join(),
  )
  for (const { revs } of slow)
    if (String(revs) !== String(count(revs.length))) t.fail(`a stream with a hole: ${revs.slice(-5)}`)
})

/** Says one message after the other until the last session of this user has left; answers how many. */
async function sayUntilGone(client: RawClient, chatId: string, userId: string): Promise<number> {
  for (let said = 1; ; said++) {
    await say(client, chatId, `${said} ${CONTENT}`)
    await messagePush(client, `${said} ${CONTENT}`)
    if (pushesOf(client, 'user_left').some((push) => push.userId === userId)) return said
  }
}

/** 1, 2, 3, … */
function count(to: number): number[] {
  return Array.from({ length: to }, (_, index) => index + 1)
}

/** What the process has in memory. */
async function megabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}
