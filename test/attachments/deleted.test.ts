import t from 'tap'
import { askLink, download, forEachBlobStore, sha256, uploadFiles } from '../helpers/attachments.js'
import { createChat, token, until } from '../helpers/clients.js'
import { edit, erase, joinChat, nameOf, say, sessionOf } from '../helpers/frames.js'
import { picture, SAMPLE_FILES } from '../helpers/sample-files.js'

const ann = token('ann', nameOf('ann'))
const bob = token('bob', nameOf('bob'))
const photo = { name: 'shoe.jpg', body: await picture(800, 600).jpeg().toBuffer() }
const bill = { name: 'bill.pdf', body: Buffer.from(await SAMPLE_FILES['application/pdf']()) }

// The removal comes as often as what is never sent runs out.
forEachBlobStore(t, { PARLEY_ATTACHMENT_UNSENT_SECONDS: '3' }, async (t, stored) => {
  const { node, kept } = stored

  t.test('with the message go its attachments: at once for all, and then their bytes', async (t) => {
    const chatId = await createChat(node, ['ann', 'bob'])
    const client = await sessionOf(t, node, 'ann')
    const gone = (await uploadFiles(stored, ann, chatId, [photo, bill])).map(({ id }) => id)
    await say(client, chatId, '', { attachments: gone, clientId: 'c-1' })
    const [stays] = await uploadFiles(stored, ann, chatId, [photo])
    if (stays === undefined) throw new Error('one was uploaded')
    await say(client, chatId, 'another message', { attachments: [stays.id] })
    t.equal((await kept()).length, 5, 'three files, two of them with a thumbnail')

    t.equal(await erase(client, chatId, 1), 3)
    for (const id of gone)
      for (const bearer of [ann, bob])
        t.match(await askLink(stored, bearer, chatId, id), {
          status: 404,
          body: { error: { code: 'not_found' } },
        })
    t.match((await joinChat(client, chatId)).messages[0], { seq: 1, content: '', attachments: [] })
    await until(async () => (await kept()).length === 2, 'their bytes are removed')
    t.equal(sha256((await download(stored, bob, chatId, stays.id)).body), sha256(photo.body))

    t.match(
      await say(client, chatId, '', { attachments: gone, clientId: 'c-1' }),
      { seq: 1, rev: 1, duplicate: true },
      'a repeat of the send gets its original answer',
    )
    t.match(
      await client.request({ type: 'send', chatId, content: 'once more', attachments: gone }),
      { code: 'not_found' },
      'nobody can name them again',
    )
  })

  t.test('an edit keeps them, and may leave nothing but them', async (t) => {
    const chatId = await createChat(node, ['ann', 'bob'])
    const client = await sessionOf(t, node, 'ann')
    const [file] = await uploadFiles(stored, ann, chatId, [bill])
    if (file === undefined) throw new Error('one was uploaded')
    await say(client, chatId, 'here', { attachments: [file.id] })
    t.equal(await edit(client, chatId, 1, ''), 2)
    t.match((await joinChat(client, chatId)).messages, [{ content: '', attachments: [{ id: file.id }] }])
    t.equal(sha256((await download(stored, bob, chatId, file.id)).body), sha256(bill.body))
  })
})
