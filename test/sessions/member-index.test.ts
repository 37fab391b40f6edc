import t from 'tap'
import { ChatStream } from '../../src/sessions/chat-stream.js'
import { MemberIndex } from '../../src/sessions/member-index.js'
import { Room } from '../../src/sessions/room.js'

function room(chatId: string): Room {
  return new Room(
    chatId,
    new ChatStream(chatId, {
      deliver: () => {},
      read: async () => [],
      onError: () => {},
      onFilled: () => {},
    }),
  )
}

function chatsOf(index: MemberIndex, userId: string): string[] {
  return [...index.roomsOf(userId)].map(({ chatId }) => chatId).sort()
}

t.test('the rooms of a user are those whose members it is among', async (t) => {
  const index = new MemberIndex()
  const [one, two] = [room('c1'), room('c2')]
  index.set(one, ['ann', 'bob'])
  index.set(two, ['bob'])
  t.strictSame(chatsOf(index, 'ann'), ['c1'])
  t.strictSame(chatsOf(index, 'bob'), ['c1', 'c2'])
  t.strictSame(chatsOf(index, 'eve'), [])
})

t.test('the last word on a room’s members counts', async (t) => {
  const index = new MemberIndex()
  const one = room('c1')
  index.set(one, ['ann', 'bob'])
  t.strictSame(chatsOf(index, 'ann'), ['c1'])
  index.set(one, ['bob', 'eve'])
  t.strictSame(chatsOf(index, 'ann'), [])
  t.strictSame(chatsOf(index, 'bob'), ['c1'])
  t.strictSame(chatsOf(index, 'eve'), ['c1'])
  index.set(one, [])
  t.strictSame(chatsOf(index, 'bob'), [])
})

t.test('a closed room is nobody’s', async (t) => {
  const index = new MemberIndex()
  const [one, two] = [room('c1'), room('c2')]
  index.set(one, ['ann'])
  index.set(two, ['ann'])
  index.delete(one)
  index.delete(one)
  t.strictSame(chatsOf(index, 'ann'), ['c2'])
  index.delete(two)
  t.strictSame(chatsOf(index, 'ann'), [])
})
