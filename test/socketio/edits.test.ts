import t from 'tap'
import { connectSocketIo, createChat, token } from '../helpers/clients.js'
import { edit, erase, eventOf, joinChat, nameOf, say, sessionOf, startTestNode } from '../helpers/frames.js'

const node = await startTestNode(t)

t.test('edit and delete are events of both doors, for both doors', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const raw = await sessionOf(t, node, 'bob')
  await joinChat(raw, chatId)
  const socket = connectSocketIo(t, node, token('ann', nameOf('ann')))
  const ask = (event: string, payload: object): Promise<unknown> =>
    socket.timeout(20_000).emitWithAck(event, payload)
  const reply = (data: object) => ({ type: 'reply', ref: null, data })
  await ask('join', { chatId })
  await ask('chat message', { chatId, content: 'of ann' })
  await say(raw, chatId, 'of bob')

  t.same(await ask('edit', { chatId, seq: 1, content: 'of ann, edited' }), reply({ rev: 3 }))
  t.match(await raw.next(({ type }) => type === 'message_edited'), {
    rev: 3,
    message: { seq: 1, rev: 3, content: 'of ann, edited' },
  })
  t.same(await ask('delete', { chatId, seq: 1 }), reply({ rev: 4 }))
  t.match(await raw.next(({ type }) => type === 'message_deleted'), {
    rev: 4,
    message: { seq: 1, content: '' },
  })

  const edited = eventOf(socket, 'message edited')
  await edit(raw, chatId, 2, 'of bob, edited')
  t.match(await edited, {
    ...{
      chatId,
      seq: 2,
      rev: 5,
      content: 'of bob, edited',
      senderId: 'bob',
      timestamp: /Z$/,
      editedAt: /Z$/,
    },
    sender: { fullName: nameOf('bob') },
  })
  const deleted = eventOf(socket, 'message deleted')
  await erase(raw, chatId, 2)
  t.match(await deleted, { chatId, seq: 2, rev: 6, content: '', senderId: 'bob', deletedAt: /Z$/ })

  t.match(await ask('edit', { chatId, seq: 1, content: 'x' }), { type: 'error', code: 'conflict', ref: null })
  t.match(await ask('delete', { chatId, seq: 2 }), { type: 'error', code: 'forbidden' })
  const unanswered = eventOf(socket, 'parley error')
  socket.emit('delete', { chatId, seq: 9 })
  t.match(await unanswered, { type: 'error', code: 'not_found', temporary: false })
})
