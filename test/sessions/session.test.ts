import t from 'tap'
import { BAD_FRAMES, BAD_FRAMES_WINDOW_MS } from '../../src/protocol/limits.js'
import { Session, type Transport } from '../../src/sessions/session.js'

/** A session, and what its transport was told. */
function createSession() {
  const told: string[] = []
  const transport: Transport = {
    send: (frame) => void told.push(`send ${frame}`),
    subscribe: (topic) => void told.push(`subscribe ${topic}`),
    unsubscribe: (topic) => void told.push(`unsubscribe ${topic}`),
    close: (reason) => void told.push(`close ${reason}`),
  }
  return { session: new Session({ id: 'ann', fullName: 'Ann' }, transport), told }
}

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
