import t from 'tap'
import { BAD_FRAMES, BAD_FRAMES_WINDOW_MS } from '../../src/protocol/limits.js'
import type { Session } from '../../src/sessions/session.js'
import { createPromise } from '../helpers/promise.js'
import { BUFFER_BYTES, createSession } from '../helpers/sessions.js'

function useAll(session: Session): void {
  session.send('f')
  session.subscribe('a')
  session.unsubscribe('a')
  session.close('goingAway')
}

t.test('the tenth bad frame within the window is too many', async (t) => {
  const { session } = createSession()
  for (let count = 1; count < BAD_FRAMES; count++) t.notOk(session.countBadFrame(1000), `bad frame ${count}`)
  t.ok(session.countBadFrame(1000 + BAD_FRAMES_WINDOW_MS - 1))
})

t.test('bad frames of long ago are forgiven', async (t) => {
  const { session } = createSession()
  for (let count = 1; count < BAD_FRAMES; count++) session.countBadFrame(1000)
  t.notOk(session.countBadFrame(1000 + BAD_FRAMES_WINDOW_MS))
  const apart = Math.ceil(BAD_FRAMES_WINDOW_MS / (BAD_FRAMES - 1))
  const { session: slow } = createSession()
  for (let count = 0; count < 100; count++)
    if (slow.countBadFrame(count * apart)) t.fail(`bad frame ${count}`)
})

t.test('an open session passes on what it is told', async (t) => {
  const { session, told } = createSession()
  useAll(session)
  t.strictSame(told, ['send f', 'subscribe a', 'unsubscribe a', 'close goingAway'])
})

t.test('the transport of a session that has ended is not touched', async (t) => {
  const { session, told } = createSession()
  t.ok(session.isOpen)
  session.end()
  t.notOk(session.isOpen)
  useAll(session)
  t.strictSame(told, [])
})

t.test('each session has an id of its own, and its user’s current name', async (t) => {
  const { session } = createSession()
  t.not(session.id, createSession().session.id)
  session.rename('Ann Lee')
  t.strictSame(session.user, { id: 'ann', fullName: 'Ann Lee' })
})

t.test('something that waits is told of; too much of it latches the session', async (t) => {
  const { session, told, client } = createSession()
  session.send('a')
  client.waiting = BUFFER_BYTES + 1
  session.send('b')
  t.strictSame(told, ['send a', 'send b', 'backlog'], 'what waited before was within the budget')
  client.waiting = BUFFER_BYTES + 2
  session.send('c')
  t.strictSame(told.splice(3), ['send c', 'latched'])
  t.notOk(session.isOpen)
  session.send('d')
  session.subscribe('a')
  session.close('goingAway')
  t.strictSame(told.splice(3), [], 'nothing comes after it')
  session.unsubscribe('a')
  t.strictSame(told.splice(3), ['unsubscribe a'])
})

t.test('a look finds what was published; over half of it sheds the ephemeral', async (t) => {
  const { session, told, client } = createSession()
  t.equal(session.checkBacklog(0), 0)
  client.waiting = BUFFER_BYTES / 2 + 1
  t.equal(session.checkBacklog(0), BUFFER_BYTES / 2 + 1)
  session.sendEphemeral('typing')
  session.send('message')
  t.strictSame(told.splice(0), ['send message', 'backlog'])
  client.waiting = BUFFER_BYTES / 2
  session.checkBacklog(0)
  session.sendEphemeral('typing')
  t.strictSame(told.splice(0), ['send typing', 'backlog'])
  client.waiting = BUFFER_BYTES + 1
  session.checkBacklog(0)
  t.strictSame(told.splice(0), ['latched'])
})

t.test('a latched session is closed when all has been read, or cut off in the end', async (t) => {
  const [reading, stuck] = [createSession(), createSession()]
  for (const { session, client, told } of [reading, stuck]) {
    client.waiting = BUFFER_BYTES + 1
    session.checkBacklog(1000)
    t.equal(session.checkBacklog(10_999), BUFFER_BYTES + 1)
    t.strictSame(told.splice(0), ['latched'])
  }
  reading.client.waiting = 0
  reading.session.checkBacklog(11_000)
  t.strictSame(reading.told, ['close tooSlow'])
  stuck.session.checkBacklog(11_000)
  t.strictSame(stuck.told, ['terminate'])
  stuck.session.end()
  t.equal(stuck.session.checkBacklog(12_000), 0)
  stuck.session.cutOff()
  t.strictSame(stuck.told, ['terminate'], 'one that has ended is not touched')
})

t.test('a session is over when its token is, or its client has said nothing for too long', async (t) => {
  const { session } = createSession('ann', { expiresAt: new Date(10_000), silenceMs: 2000 })
  session.heard(1000)
  t.equal(session.isOver(3000), undefined)
  t.equal(session.isOver(3001), 'heartbeatMissed')
  session.heard(9000)
  t.equal(session.isOver(9999), undefined)
  t.equal(session.isOver(10_000), 'unauthenticated')
  session.prolong(new Date(20_000))
  t.equal(session.isOver(10_000), undefined)
  const { session: elsewhere } = createSession('ann', { expiresAt: new Date(8.64e15) })
  t.equal(elsewhere.isOver(1e12), undefined, 'where the door sees to that itself')
})

t.test('work on several chats waits for all of them, in the order asked', async (t) => {
  const { session } = createSession()
  const order: string[] = []
  const doing = (name: string, chatIds: readonly string[], gate: Promise<void>) =>
    session.inTurn(chatIds, async () => {
      order.push(`${name} begins`)
      await gate
      order.push(`${name} ends`)
    })
  const first = createPromise()
  const done = Promise.resolve()
  const all = [
    doing('one', ['a'], first.promise),
    doing('both', ['b', 'a'], done),
    doing('other', ['b'], done),
    doing('none', ['c'], done),
  ]
  await all[3]
  t.strictSame(order.splice(0), ['one begins', 'none begins', 'none ends'])
  first.resolve()
  await Promise.all(all)
  t.strictSame(order, ['one ends', 'both begins', 'both ends', 'other begins', 'other ends'])
  await t.rejects(
    session.inTurn(['x'], async () => {
      throw new Error('failed')
    }),
  )
  await session.inTurn(['x'], async () => void order.push('after a failure'))
  t.equal(order.at(-1), 'after a failure')
})
