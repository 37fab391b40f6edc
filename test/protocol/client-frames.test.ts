import t from 'tap'
import type { ClientFrame } from '../../src/protocol/client-frames.js'
import { validateFrame } from '../../src/protocol/codec.js'
import { type Push, pushes } from '../../src/protocol/server-frames.js'

/**
 * A wrong frame does not compile: each `@ts-expect-error` fails the type check when the line below it is accepted.
 * And what the compiler refuses, the check at run time refuses too.
 */
const wrong: ClientFrame[] = [
  // @ts-expect-error an unknown type
  { type: 'fly' },
  // @ts-expect-error without a chat
  { type: 'join' },
  // @ts-expect-error a rev is a number
  { type: 'join', chatId: 'c', afterRev: '7' },
  // @ts-expect-error without a chat
  { type: 'leave', ref: 1 },
  // @ts-expect-error without content
  { type: 'send', chatId: 'c' },
  // @ts-expect-error attachments are ids
  { type: 'send', chatId: 'c', content: 'a', attachments: [{ id: 'f' }] },
  // @ts-expect-error without a message
  { type: 'edit', chatId: 'c', content: 'a' },
  // @ts-expect-error without content
  { type: 'edit', chatId: 'c', seq: 1 },
  // @ts-expect-error without a message
  { type: 'delete', chatId: 'c' },
  // @ts-expect-error a seq is a number
  { type: 'read', chatId: 'c', seq: '1' },
  // @ts-expect-error without a seq
  { type: 'read', chatId: 'c' },
  // @ts-expect-error without a state
  { type: 'typing', chatId: 'c' },
  // @ts-expect-error a ref is a string or a number
  { type: 'ping', ref: {} },
]

/** A push that is not whole does not compile either. */
const wrongPushes: Push<'removed' | 'typing'>[] = [
  // @ts-expect-error without a chat
  {},
  // @ts-expect-error a state is true or false
  { chatId: 'c', userId: 'u', active: 'yes' },
]

t.test('what the compiler refuses is refused at run time', async (t) => {
  for (const frame of wrong) t.notOk(validateFrame(frame).ok, JSON.stringify(frame))
})

t.test('no push is what the compiler refuses', async (t) => {
  for (const push of wrongPushes) {
    t.notOk(pushes.removed.strict().safeParse(push).success)
    t.notOk(pushes.typing.safeParse(push).success)
  }
})
