import t from 'tap'
import { askLink, postFiles } from '../helpers/attachments.js'
import { call, connectSocketIo, createChat, token } from '../helpers/clients.js'
import { nodeOf, startCluster } from '../helpers/cluster.js'
import { nameOf, say, sessionOf } from '../helpers/frames.js'

t.test('several nodes without a store that they share have no attachments, and say so', async (t) => {
  const node = nodeOf(await startCluster(t, 1), 0)
  const ann = token('ann', nameOf('ann'))
  const chatId = await createChat(node, ['ann'])
  const id = crypto.randomUUID()
  const refused = { status: 501, body: { error: { code: 'attachments_disabled' } } }
  t.match(node.output(), /attachments are off/)

  t.match(await postFiles({ node }, ann, chatId, [{ name: 'a.txt', body: Buffer.from('a') }]), refused)
  const announced = { name: 'a.txt', mime: 'text/plain', size: 1 }
  t.match(await call(node, ann, 'POST', `/chats/${chatId}/attachments/presign`, announced), refused)
  t.match(await call(node, ann, 'POST', `/chats/${chatId}/attachments/${id}/complete`), refused)
  t.match(await askLink({ node }, ann, chatId, id), refused)
  const said = { content: 'x', attachments: [id] }
  t.match(await call(node, ann, 'POST', `/chats/${chatId}/messages`, said), refused)
  t.match(await call(node, undefined, 'GET', `/chats/${chatId}/attachments/${id}`), { status: 401 })

  const client = await sessionOf(t, node, 'ann')
  t.match(client.frames[0], { type: 'hello', limits: { attachmentBytes: 0 } })
  t.match(await client.request({ type: 'send', chatId, ...said }), { code: 'attachments_disabled' })
  const socket = connectSocketIo(t, node, ann)
  const bytes = { chatId, content: 'x', attachments: [Buffer.from('a')] }
  t.match(await socket.emitWithAck('chat message', bytes), { code: 'attachments_disabled' })
  t.match(await say(client, chatId, 'all else goes on'), { seq: 1 })
})
