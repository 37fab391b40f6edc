import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { z } from 'zod'
import {
  askLink,
  bring,
  complete,
  download,
  forEachBlobStore,
  postFiles,
  presign,
  sha256,
  uploadFile,
} from '../helpers/attachments.js'
import { call, connectSocketIo, createChat, token, until } from '../helpers/clients.js'
import { nameOf } from '../helpers/frames.js'
import { freePort } from '../helpers/processes.js'
import { picture } from '../helpers/sample-files.js'

const ann = token('ann', nameOf('ann'))
const bob = token('bob', nameOf('bob'))
const photo = { name: 'shoe.png', body: await picture().png().toBuffer() }
const question = z.strictObject({ attachmentId: z.uuid(), url: z.url() })

interface OwnScanner {
  /** What it was asked, with the bytes that it has read from the URL. */
  readonly asked: { attachmentId: string; bytes: Buffer }[]
  /** What it answers from now on. */
  answer(how: (response: ServerResponse) => void): void
  start(): Promise<void>
  stop(): Promise<void>
}

/** An operator's scanner, which says what the test wants. */
function scannerOn(t: Test, port: number): OwnScanner {
  let respond = (response: ServerResponse): void => void response.end('{"verdict":"clean"}')
  const asked: OwnScanner['asked'] = []
  const server = createServer(async (incoming, response) => {
    const { attachmentId, url } = question.parse(await json(incoming))
    asked.push({ attachmentId, bytes: Buffer.from(await (await fetch(url)).arrayBuffer()) })
    respond(response)
  })
  const stop = async () => {
    server.closeAllConnections()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  t.teardown(stop)
  return {
    asked,
    answer: (how) => {
      respond = how
    },
    start: async () => {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    stop,
  }
}

const port = await freePort()
const scanned = { PARLEY_SCAN_URL: `http://127.0.0.1:${port}/scan`, PARLEY_SCAN_TIMEOUT_MS: '1000' }

forEachBlobStore(t, scanned, async (t, stored) => {
  const { node, kept } = stored
  const scanner = scannerOn(t, port)
  await scanner.start()
  const chatId = await createChat(node, ['ann', 'bob'])
  const nameIt = async (id: string) =>
    await call(node, ann, 'POST', `/chats/${chatId}/messages`, { content: '', attachments: [id] })

  t.test('clean: the scanner has read it, and it is ready', async (t) => {
    const one = await uploadFile(stored, ann, chatId, photo)
    t.match(one, { status: 'ready', width: 64 })
    t.match(scanner.asked.at(-1), { attachmentId: one.id, bytes: photo.body })
    t.match(await nameIt(one.id), { status: 201 })
    t.equal(sha256((await download(stored, bob, chatId, one.id)).body), sha256(photo.body))
  })

  t.test('infected: refused, and nothing of it is left', async (t) => {
    scanner.answer((response) => response.end('{"verdict":"infected","reason":"Eicar"}'))
    const before = (await kept()).sort()
    const refused = { status: 415, body: { error: { code: 'unsupported_type' } } }
    t.match(await postFiles(stored, ann, chatId, [photo]), refused)
    t.strictSame((await kept()).sort(), before)

    const announced = { name: 'a.png', mime: 'image/png', size: photo.body.length }
    const { attachment, upload } = await presign(stored, ann, chatId, announced)
    await bring(upload, photo.body)
    t.match(await complete(stored, ann, chatId, attachment.id), refused)
    t.match(await complete(stored, ann, chatId, attachment.id), refused, 'again')
    t.match(await nameIt(attachment.id), { status: 409 })
    t.match(await askLink(stored, ann, chatId, attachment.id), { status: 409 })
    const socket = connectSocketIo(t, node, ann)
    const said = { chatId, content: '', attachments: [photo.body] }
    t.match(await socket.emitWithAck('chat message', said), { code: 'unsupported_type' })
  })

  t.test('no verdict is never a clean one', async (t) => {
    const answers: [string, (response: ServerResponse) => void][] = [
      ['500', (response) => response.writeHead(500).end('{"verdict":"clean"}')],
      ['redirect', (response) => response.writeHead(302, { location: '/clean' }).end()],
      ['no JSON', (response) => response.end('clean')],
      ['another word', (response) => response.end('{"verdict":"probably"}')],
      ['too long', (response) => response.end(`{"verdict":"clean","x":"${'x'.repeat(100_000)}"}`)],
      ['broken off', (response) => response.destroy()],
      ['silence', () => {}],
    ]
    for (const [what, answer] of answers) {
      scanner.answer(answer)
      const one = await uploadFile(stored, ann, chatId, photo)
      t.equal(one.status, 'quarantined', what)
      t.match(await nameIt(one.id), { status: 409, body: { error: { code: 'conflict' } } }, what)
      t.match(await askLink(stored, ann, chatId, one.id), { status: 409 }, what)
    }
  })

  t.test('a scanner that was away is asked again', async (t) => {
    await scanner.stop()
    const one = await uploadFile(stored, ann, chatId, photo)
    t.equal(one.status, 'quarantined')
    const socket = connectSocketIo(t, node, ann)
    const said = { chatId, content: '', attachments: [photo.body] }
    t.match(await socket.emitWithAck('chat message', said), { code: 'overloaded', temporary: true })
    scanner.answer((response) => response.end('{"verdict":"clean"}'))
    await scanner.start()
    await until(
      async () => (await complete(stored, ann, chatId, one.id)).body.status === 'ready',
      'the job has asked again',
    )
    t.match(await nameIt(one.id), { status: 201 })
  })
})
