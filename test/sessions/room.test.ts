import t from 'tap'
import { PRESENCE_MEMBERS } from '../../src/protocol/limits.js'
import type { Member } from '../../src/protocol/objects.js'
import type { JoinData } from '../../src/protocol/server-frames.js'
import { ChatStream } from '../../src/sessions/chat-stream.js'
import { Room } from '../../src/sessions/room.js'
import type { Session } from '../../src/sessions/session.js'
import { createSession } from '../helpers/sessions.js'

function createRoom(): Room {
  return new Room(
    'c1',
    new ChatStream('c1', { deliver: () => {}, read: async () => [], onError: () => {}, onFilled: () => {} }),
  )
}

function sessionOf(id: string): Session {
  return createSession(id).session
}

function snapshot(rev: number, userIds: readonly string[], memberCount = userIds.length): JoinData {
  const createdAt = '2026-01-02T03:04:05.678Z'
  return {
    chat: {
      id: 'c1',
      type: 'general',
      orderId: null,
      subject: null,
      metadata: {},
      createdAt,
      closedAt: null,
      firstSeq: 1,
      lastSeq: 0,
      rev,
      memberCount,
    },
    mine: { role: 'member', lastReadSeq: 0, unread: 0, archivedAt: null, sticky: false },
    members: userIds.map(
      (userId): Member => ({
        userId,
        fullName: userId,
        role: 'member',
        online: false,
        lastSeen: null,
        lastReadSeq: 0,
      }),
    ),
    messages: [],
    rev,
    epoch: 'e',
    complete: true,
  }
}

t.test('a room knows a user’s first session and its last one', async (t) => {
  const room = createRoom()
  const [phone, laptop, bob] = [sessionOf('ann'), sessionOf('ann'), sessionOf('bob')]
  t.ok(room.add(phone), 'the first')
  t.notOk(room.add(laptop))
  t.notOk(room.add(phone), 'again')
  t.ok(room.add(bob))
  t.strictSame(room.users, ['ann', 'bob'])
  t.strictSame(room.sessionsOf('ann'), [phone, laptop])
  t.strictSame([...room.sessions()], [phone, laptop, bob])
  t.notOk(room.remove(phone))
  t.notOk(room.remove(phone), 'gone already')
  t.ok(room.hasUser('ann'))
  t.ok(room.remove(laptop), 'the last')
  t.notOk(room.remove(laptop))
  t.notOk(room.hasUser('ann'))
  t.strictSame(room.sessionsOf('ann'), [])
  t.strictSame(room.users, ['bob'])
})

t.test('the newest word on the members counts, from a snapshot or an event', async (t) => {
  const room = createRoom()
  room.learnMembers(snapshot(5, ['ann', 'bob']))
  t.strictSame([...room.members], ['ann', 'bob'])
  room.learnMembers(snapshot(4, ['eve']))
  t.strictSame([...room.members], ['ann', 'bob'], 'an older snapshot')
  room.memberAdded(6, 'eve', 3)
  room.memberRemoved(7, 'bob', 2)
  t.strictSame([...room.members], ['ann', 'eve'])
  room.learnMembers(snapshot(6, ['ann', 'bob', 'eve']))
  t.strictSame([...room.members], ['ann', 'eve'], 'a snapshot from before the removal')
  room.learnMembers(snapshot(7, ['ann', 'eve']))
  t.strictSame([...room.members], ['ann', 'eve'])
})

t.test('one who was removed does not come in by an older snapshot', async (t) => {
  const room = createRoom()
  t.notOk(room.wasRemovedAfter(0, 'ann'))
  room.memberRemoved(7, 'ann', 1)
  t.ok(room.wasRemovedAfter(6, 'ann'))
  t.notOk(room.wasRemovedAfter(7, 'ann'), 'the snapshot knew')
  t.notOk(room.wasRemovedAfter(6, 'bob'))
  room.memberAdded(8, 'ann', 2)
  t.notOk(room.wasRemovedAfter(6, 'ann'), 'it was added again')
})

t.test('arrivals are told in chats of a size', async (t) => {
  const room = createRoom()
  const many = Array.from({ length: PRESENCE_MEMBERS }, (_, index) => `u${index}`)
  room.learnMembers(snapshot(1, many))
  t.ok(room.tellsPresence)
  t.equal(room.members.length, PRESENCE_MEMBERS)
  room.memberAdded(2, 'one-more', PRESENCE_MEMBERS + 1)
  t.notOk(room.tellsPresence)
  room.memberRemoved(3, 'one-more', PRESENCE_MEMBERS)
  t.ok(room.tellsPresence)
  room.learnMembers(snapshot(4, many, PRESENCE_MEMBERS + 1))
  t.notOk(room.tellsPresence)
  t.equal(room.members.length, 0, 'nobody is told of anybody')
})
