import t from 'tap'
import { z } from 'zod'
import { message } from '../../src/protocol/objects.js'
import {
  bring,
  complete,
  download,
  linkTo,
  postFiles,
  presign,
  sha256,
  startS3Node,
  uploadFile,
} from '../helpers/attachments.js'
import { call, connectSocketIo, createChat, token, until } from '../helpers/clients.js'
import { FORM_END, fileHead, openForm } from '../helpers/forms.js'
import { joinChat, messagePush, nameOf, say, sessionOf } from '../helpers/frames.js'
import { picture } from '../helpers/sample-files.js'

const ann = token('ann', nameOf('ann'))
const bob = token('bob', nameOf('bob'))
const photo = { name: 'shoe.jpg', body: await picture(800, 600).jpeg().toBuffer() }
const AWAY = { error: { code: 'overloaded', temporary: true } }

t.test('the blob store stops in the middle of uploads, and comes back', async (t) => {
  const stored = await startS3Node(t)
  const { node, s3, kept } = stored
  if (s3 === undefined) throw new Error('there is no S3')
  const chatId = await createChat(node, ['ann', 'bob'])
  const [sender, listener] = [await sessionOf(t, node, 'ann'), await sessionOf(t, node, 'bob')]
  await joinChat(listener, chatId)
  const good = await uploadFile(stored, ann, chatId, photo)
  await say(sender, chatId, 'before', { attachments: [good.id] })
  await messagePush(listener, 'before')
  const announced = { name: 'shoe.jpg', mime: 'image/jpeg', size: photo.body.length }
  const early = await presign(stored, ann, chatId, announced)
  t.ok((await bring(early.upload, photo.body)).ok)

  const half = openForm(node, ann, chatId)
  half.asked.write(fileHead('long.txt'))
  half.asked.write(Buffer.alloc(12_000_000, 'x'))
  await until(async () => s3.requests().some((line) => line.includes('partNumber=1')), 'a part has been sent')
  await s3.stop()
  half.asked.end(`${'x'.repeat(6_000_000)}${FORM_END}`)
  t.match(await half.answer, { status: 503, body: AWAY }, 'the upload under way')
  t.match(await postFiles(stored, ann, chatId, [photo]), { status: 503, body: AWAY }, 'a new one')
  t.match(await complete(stored, ann, chatId, early.attachment.id), { status: 503, body: AWAY })
  const socket = connectSocketIo(t, node, ann)
  t.match(await socket.emitWithAck('chat message', { chatId, content: 'x', attachments: [photo.body] }), {
    type: 'error',
    code: 'overloaded',
    temporary: true,
  })
  await say(sender, chatId, 'still talking')
  await messagePush(listener, 'still talking')
  t.ok(await linkTo(stored, bob, chatId, good.id), 'a URL is made without asking the store')

  await s3.start()
  t.match(await complete(stored, ann, chatId, early.attachment.id), {
    status: 200,
    body: { status: 'ready' },
  })
  const later = await uploadFile(stored, ann, chatId, photo)
  await say(sender, chatId, 'after', { attachments: [later.id, early.attachment.id] })
  await messagePush(listener, 'after')

  const history = z
    .array(message)
    .parse((await call(node, bob, 'GET', `/chats/${chatId}/messages`)).body.data)
  t.strictSame(
    history.map(({ content, attachments }) => [content, attachments.length]),
    [
      ['after', 2],
      ['still talking', 0],
      ['before', 1],
    ],
  )
  for (const { id } of history.flatMap(({ attachments }) => attachments)) {
    const { body } = await download(stored, bob, chatId, id)
    t.equal(sha256(body), sha256(photo.body), 'whatever a message points at is there')
  }
  // What was presigned goes with its URL, and the upload that could not even be given up by the bucket's own rule.
  const isServed = (key: string) => /^(files|thumbnails)\//.test(key)
  const named = 3 * 2
  await until(async () => (await kept()).filter(isServed).length === named, 'what the others left is removed')
})
