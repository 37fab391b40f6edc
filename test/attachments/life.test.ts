import sharp from 'sharp'
import t from 'tap'
import {
  askLink,
  bring,
  complete,
  download,
  forEachBlobStore,
  linkTo,
  postFiles,
  presign,
  sha256,
  uploadFile,
  uploadFiles,
} from '../helpers/attachments.js'
import { call, createChat, token, until } from '../helpers/clients.js'
import { joinChat, messagePush, nameOf, say, sessionOf } from '../helpers/frames.js'
import { picture, SAMPLE_FILES } from '../helpers/sample-files.js'

const ann = token('ann', nameOf('ann'))
const bob = token('bob', nameOf('bob'))
const photo = { name: 'shoe.jpg', body: await picture(1600, 1200).jpeg().toBuffer() }
const bill = { name: 'bill.pdf', body: Buffer.from(await SAMPLE_FILES['application/pdf']()) }

forEachBlobStore(t, {}, async (t, stored) => {
  const { node, kept } = stored

  t.test(
    'through the node: uploaded, named, heard live, read in history, and the same bytes again',
    async (t) => {
      const chatId = await createChat(node, ['ann', 'bob'])
      const [picture, paper, ...rest] = await uploadFiles(stored, ann, chatId, [photo, bill])
      t.strictSame(rest, [])
      if (picture === undefined || paper === undefined) throw new Error('two were uploaded')
      t.match(picture, { name: 'shoe.jpg', mime: 'image/jpeg', size: photo.body.length, status: 'ready' })
      t.match(picture, { width: 1600, height: 1200 })
      t.match(paper, { name: 'bill.pdf', mime: 'application/pdf', size: bill.body.length, status: 'ready' })

      const [sender, listener] = [await sessionOf(t, node, 'ann'), await sessionOf(t, node, 'bob')]
      await joinChat(listener, chatId)
      await say(sender, chatId, '', { attachments: [picture.id, paper.id] })
      const push = await listener.next(({ type }) => type === 'message')
      const shown = [picture, paper].map(({ status, ...attachment }) => attachment)
      t.match(push, { message: { content: '', attachments: shown } })
      const history = await call(node, bob, 'GET', `/chats/${chatId}/messages`)
      t.strictSame(history.body.data[0], push.message, 'live and in history it is the same object')
      const { messages } = await joinChat(await sessionOf(t, node, 'bob'), chatId)
      t.strictSame(messages[0], push.message)

      for (const [file, { id }] of [
        [photo, picture],
        [bill, paper],
      ] as const) {
        const answer = await download(stored, bob, chatId, id)
        t.equal(answer.status, 200)
        t.equal(sha256(answer.body), sha256(file.body), file.name)
        t.match(answer.headers.get('content-disposition'), `inline; filename="${file.name}"`)
      }
    },
  )

  t.test('a thumbnail is made once, small, and without what the camera knew', async (t) => {
    const chatId = await createChat(node, ['ann', 'bob'])
    const turned = await picture(900, 600).withMetadata({ orientation: 6 }).jpeg().toBuffer()
    const before = await kept()
    const one = await uploadFile(stored, ann, chatId, { name: 'turned.jpg', body: turned })
    t.match(one, { width: 600, height: 900 }, 'as it is shown')
    t.equal((await kept()).length, before.length + 2)
    const { body, headers } = await download(stored, ann, chatId, one.id, '?variant=thumbnail')
    t.equal(headers.get('content-type'), 'image/webp')
    const thumbnail = await sharp(body).metadata()
    t.match(thumbnail, { format: 'webp', height: 320, exif: undefined })
    const [text] = await uploadFiles(stored, ann, chatId, [{ name: 'a.txt', body: Buffer.from('a') }])
    t.match(await askLink(stored, ann, chatId, text?.id ?? '', '&variant=thumbnail'), { status: 404 })
  })

  t.test('every type that is taken by default', async (t) => {
    const chatId = await createChat(node, ['ann'])
    for (const type of [
      'image/png',
      'image/gif',
      'image/webp',
      'image/avif',
      'image/heic',
      'text/plain',
      'text/csv',
      'video/mp4',
      'video/quicktime',
      'video/webm',
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      'application/vnd.oasis.opendocument.text',
    ] as const) {
      const body = Buffer.from(await SAMPLE_FILES[type]())
      const name = type === 'text/plain' ? 'a.txt' : type === 'text/csv' ? 'a.csv' : 'a'
      const one = await uploadFile(stored, ann, chatId, { name, body })
      t.match(one, { mime: type, size: body.length, status: 'ready' })
      const { headers } = await download(stored, ann, chatId, one.id)
      t.equal(headers.get('content-type')?.split(';')[0], type)
      const isShown = type.startsWith('image/')
      t.match(headers.get('content-disposition'), isShown ? /^inline; / : /^attachment; /, type)
    }
  })

  t.test('a part of it', async (t) => {
    const chatId = await createChat(node, ['ann'])
    const one = await uploadFile(stored, ann, chatId, bill)
    const { url } = await linkTo(stored, ann, chatId, one.id)
    const answer = await fetch(url, { headers: { range: 'bytes=2-5' } })
    t.equal(answer.status, 206)
    t.strictSame(Buffer.from(await answer.arrayBuffer()), bill.body.subarray(2, 6))
  })

  t.test('straight to the store: announced, brought, looked at', async (t) => {
    const chatId = await createChat(node, ['ann', 'bob'])
    const announced = { name: 'shoe.jpg', mime: 'image/jpeg', size: photo.body.length }
    const { attachment, upload } = await presign(stored, ann, chatId, announced)
    t.match(attachment, { ...announced, status: 'uploading' })
    t.match(await complete(stored, ann, chatId, attachment.id), { status: 409 }, 'nothing has arrived')
    t.match(await complete(stored, bob, chatId, attachment.id), { status: 404 }, 'another’s')
    const send = { content: '', attachments: [attachment.id] }
    t.match(await call(node, ann, 'POST', `/chats/${chatId}/messages`, send), {
      status: 409,
      body: { error: { code: 'conflict' } },
    })

    t.ok((await bring(upload, photo.body)).ok)
    const done = await complete(stored, ann, chatId, attachment.id)
    t.match(done, { status: 200, body: { id: attachment.id, status: 'ready', width: 1600, height: 1200 } })
    t.strictSame((await complete(stored, ann, chatId, attachment.id)).body, done.body, 'a repeat')

    await bring(upload, Buffer.alloc(photo.body.length, '<'))
    await complete(stored, ann, chatId, attachment.id)
    t.match(await call(node, ann, 'POST', `/chats/${chatId}/messages`, send), { status: 201 })
    const { body } = await download(stored, bob, chatId, attachment.id)
    t.equal(sha256(body), sha256(photo.body), 'what is written to the URL afterwards is not served')
  })

  t.test('what really arrived counts, and two who say so at once agree', async (t) => {
    const chatId = await createChat(node, ['ann'])
    const html = Buffer.from('<!doctype html><script>alert(1)</script>')
    const lie = await presign(stored, ann, chatId, { name: 'a.jpg', mime: 'image/jpeg', size: html.length })
    await bring(lie.upload, html)
    for (const attempt of [1, 2])
      t.match(
        await complete(stored, ann, chatId, lie.attachment.id),
        { status: 415, body: { error: { code: 'unsupported_type' } } },
        `attempt ${attempt}`,
      )

    const short = await presign(stored, ann, chatId, { name: 'a.jpg', mime: 'image/jpeg', size: 10 })
    const brought = await bring(short.upload, photo.body)
    const answer = await complete(stored, ann, chatId, short.attachment.id)
    t.match(answer.status, brought.ok ? 400 : 409, 'another size: by the store, or by us')

    const two = await presign(stored, ann, chatId, {
      name: 'b.pdf',
      mime: 'image/png',
      size: bill.body.length,
    })
    await bring(two.upload, bill.body)
    const answers = await Promise.all([1, 2, 3].map(() => complete(stored, ann, chatId, two.attachment.id)))
    t.ok(answers.some(({ status }) => status === 200))
    t.ok(answers.every(({ status }) => status === 200))
    t.match((await complete(stored, ann, chatId, two.attachment.id)).body, { mime: 'application/pdf' })
  })

  t.test('what is announced is checked before a byte is sent', async (t) => {
    const chatId = await createChat(node, ['ann'])
    const path = `/chats/${chatId}/attachments/presign`
    const fine = { name: 'a.jpg', mime: 'image/jpeg', size: 1 }
    for (const [bad, status] of [
      [{ size: 26_214_401 }, 413],
      [{ mime: 'image/svg+xml', name: 'a.svg' }, 415],
      [{ mime: 'toString', name: 'a' }, 415],
      [{ size: 0 }, 400],
      [{ size: -1 }, 400],
      [{ name: '' }, 400],
      [{ name: 'a\0b' }, 400],
    ] as const)
      t.match(await call(node, ann, 'POST', path, { ...fine, ...bad }), { status }, JSON.stringify(bad))
    for (const announced of [
      { mime: 'IMAGE/JPEG; charset=utf-8' },
      { mime: 'image/jpg' },
      { mime: '' },
      { name: 'list.csv', mime: 'application/vnd.ms-excel' },
    ])
      t.match(await call(node, ann, 'POST', path, { ...fine, ...announced }), { status: 201 }, announced.mime)
    t.match(await call(node, token('eve', 'Eve'), 'POST', path, fine), { status: 403 })
  })

  t.test('of several files all are taken or none', async (t) => {
    const chatId = await createChat(node, ['ann'])
    const before = (await kept()).sort()
    const refused = await postFiles(stored, ann, chatId, [photo, { name: 'x.jpg', body: Buffer.from('<p>') }])
    t.match(refused, { status: 415, body: { error: { code: 'unsupported_type' } } })
    t.strictSame((await kept()).sort(), before, 'nothing is left of the first')
  })
})

t.test(
  'what has an end: what no message names is removed, a URL expires, what one names stays',
  async (t) => {
    const soon = { PARLEY_ATTACHMENT_UNSENT_SECONDS: '3', PARLEY_LINK_SECONDS: '2' }
    forEachBlobStore(t, soon, async (t, stored) => {
      const { node, kept } = stored
      const chatId = await createChat(node, ['ann', 'bob'])
      const named = await uploadFile(stored, ann, chatId, photo)
      const client = await sessionOf(t, node, 'bob')
      await joinChat(client, chatId)
      await say(await sessionOf(t, node, 'ann'), chatId, 'here', { attachments: [named.id] })
      await messagePush(client, 'here')
      const { url, expiresAt } = await linkTo(stored, bob, chatId, named.id)
      const unsent = await uploadFile(stored, ann, chatId, photo)
      t.equal((await kept()).length, 4)
      await until(async () => (await kept()).length === 2, 'the blob and the thumbnail are removed')
      t.match(await askLink(stored, ann, chatId, unsent.id), { status: 404 })
      await until(async () => (await fetch(url)).status === 403, 'it has expired')
      t.ok(Date.now() >= Date.parse(expiresAt) - 1000)
      t.equal(sha256((await download(stored, bob, chatId, named.id)).body), sha256(photo.body))
    })
  },
)
