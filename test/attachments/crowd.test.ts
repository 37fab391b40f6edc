import { once } from 'node:events'
import { type ClientRequest, request } from 'node:http'
import type { Socket } from 'node:net'
import t from 'tap'
import { bring, complete, postFiles, presign, startFileNode } from '../helpers/attachments.js'
import { call, createChat, token, until } from '../helpers/clients.js'
import { fileHead, openForm } from '../helpers/forms.js'
import { nameOf } from '../helpers/frames.js'
import { picture } from '../helpers/sample-files.js'

const ann = token('ann', nameOf('ann'))
const bob = token('bob', nameOf('bob'))
const eve = token('eve', nameOf('eve'))
const small = { name: 'a.txt', body: Buffer.from('a') }

/** Of one user at most (UPLOADS_OF_USER), and one more for all. */
const OF_USER = 5
const stored = await startFileNode(t, { PARLEY_UPLOADS: String(OF_USER + 1) })
const { node, kept } = stored
const chatId = await createChat(node, ['ann', 'bob'])

/** A form of which no more than these bytes come. */
async function stalled(begin: string): Promise<ClientRequest> {
  const { asked } = openForm(node, ann, chatId)
  asked.flushHeaders()
  const [socket]: Socket[] = await once(asked, 'socket')
  if (socket?.connecting === true) await once(socket, 'connect')
  if (begin !== '') asked.write(begin)
  return asked
}

/** As many as a user may have; over again when another upload of the user's has got in between. */
async function fillPlaces(begins: readonly string[]): Promise<ClientRequest[]> {
  for (;;) {
    const held = await Promise.all(begins.map((begin) => stalled(begin)))
    // Whoever came before this is being served when it is answered.
    await call(node, ann, 'GET', '/chats')
    const { status } = await postFiles(stored, ann, chatId, [small])
    if (status === 429) return held
    for (const asked of held) asked.destroy()
  }
}

t.test('a user’s stalled uploads are a user’s own trouble, and end with the connection', async (t) => {
  const begins = ['', '--line\r\n', '--line\r\nContent-Dis', fileHead('a.txt'), `${fileHead('a.txt')}a`]
  const held = await fillPlaces(begins)
  t.equal(held.length, OF_USER)
  t.match(await postFiles(stored, bob, chatId, [small]), { status: 201 }, 'others are served')
  for (const asked of held) asked.destroy()
  await until(
    async () => (await postFiles(stored, ann, chatId, [small])).status === 201,
    'their places are free',
  )
})

t.test('clients that leave at once leave their places', async (t) => {
  for (let round = 0; round < 10; round++) {
    const gone = await Promise.all(Array.from({ length: OF_USER }, () => stalled('--line\r\n')))
    for (const asked of gone) asked.destroy()
  }
  await until(async () => (await postFiles(stored, ann, chatId, [small])).status === 201, 'none is held')
  t.match(await postFiles(stored, bob, chatId, [small]), { status: 201 })
})

t.test('a client that is refused while it sends reads why', async (t) => {
  const large = { name: 'a.txt', body: Buffer.alloc(3_000_000, 'a') }
  for (let round = 0; round < 10; round++)
    t.match(await postFiles(stored, eve, chatId, [large]), {
      status: 403,
      body: { error: { code: 'not_a_member' } },
    })
  const { upload } = await presign(stored, ann, chatId, { name: 'a.txt', mime: 'text/plain', size: 5 })
  for (let round = 0; round < 5; round++) t.equal((await bring(upload, large.body)).status, 413)
})

t.test('many who say at once that the bytes are there are told the same, and one copy is kept', async (t) => {
  const body = await picture(1200, 900).png().toBuffer()
  const announced = { name: 'a.png', mime: 'image/png', size: body.length }
  const { attachment, upload } = await presign(stored, ann, chatId, announced)
  const before = (await kept()).length
  await bring(upload, body)
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => complete(stored, ann, chatId, attachment.id)),
  )
  for (const answer of answers) t.match(answer, { status: 200, body: { status: 'ready', width: 1200 } })
  t.equal((await kept()).length, before + 2, 'the blob and its thumbnail')
})

t.test('one URL takes one upload at a time', async (t) => {
  const announced = { name: 'a.txt', mime: 'text/plain', size: 100_000 }
  const { attachment, upload } = await presign(stored, ann, chatId, announced)
  const before = (await kept()).length
  const slow = request(upload.url, { method: 'PUT', headers: { 'content-length': announced.size } })
  slow.on('error', () => {})
  slow.write('x'.repeat(99_999))
  await until(async () => (await kept()).length > before, 'it is under way')
  t.equal((await bring(upload, Buffer.alloc(announced.size, 'y'))).status, 409)
  const answer = once(slow, 'response')
  slow.end('x')
  t.match(await answer, [{ statusCode: 204 }])
  t.match(await complete(stored, ann, chatId, attachment.id), { status: 200, body: { size: announced.size } })
})
