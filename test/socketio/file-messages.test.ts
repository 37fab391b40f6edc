import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { Socket } from 'socket.io-client'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { message } from '../../src/protocol/objects.js'
import { download, sha256, startFileNode } from '../helpers/attachments.js'
import { call, connectSocketIo, createChat, token, until } from '../helpers/clients.js'
import { nodeOf, startCluster } from '../helpers/cluster.js'
import { eventOf, nameOf } from '../helpers/frames.js'
import { startS3 } from '../helpers/s3.js'
import { HOSTILE_FILES, picture } from '../helpers/sample-files.js'
import { openBrowser } from '../web/open-page.js'

const ann = token('ann', nameOf('ann'))
const bob = token('bob', nameOf('bob'))
const CLIENT = fileURLToPath(
  new URL('../../node_modules/socket.io-client/dist/socket.io.min.js', import.meta.url),
)
const heard = message.extend({ rev: z.int(), senderId: z.string(), timestamp: z.string() })
const photo = await picture().png().toBuffer()

const stored = await startFileNode(t)
const { node } = stored

async function joined(t: Test, bearer: string, chatId: string, at = node): Promise<Socket> {
  const socket = connectSocketIo(t, at, bearer)
  await socket.emitWithAck('join', { chatId })
  return socket
}

t.test('the seed’s attachments: bytes, with a name or without, come out as attachments', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const [sender, listener] = [await joined(t, ann, chatId), await joined(t, bob, chatId)]
  const note = Buffer.from('Two chairs, oak.\n')
  const coming = eventOf(listener, 'message')
  sender.emit('chat message', {
    chatId,
    content: 'Hello!',
    attachments: [photo, { name: 'note.txt', mime: 'text/html', data: note }, note],
  })
  const said = heard.parse(await coming)
  t.match(said, { content: 'Hello!', senderId: 'ann', sender: { id: 'ann', fullName: nameOf('ann') } })
  t.match(said.attachments, [
    { name: 'file-1.png', mime: 'image/png', size: photo.length, width: 64, height: 48 },
    { name: 'note.txt', mime: 'text/plain', size: note.length },
    { name: 'file-3.txt', mime: 'text/plain', size: note.length },
  ])
  for (const [index, bytes] of [photo, note, note].entries()) {
    const { body } = await download(stored, bob, chatId, said.attachments[index]?.id ?? '')
    t.equal(sha256(body), sha256(bytes))
  }
  const { body } = await call(node, ann, 'GET', `/chats/${chatId}/messages`)
  const { senderId, timestamp, ...same } = said
  t.strictSame(body.data[0], { ...same, rev: 1 })
})

t.test('Files of a browser', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const listener = await joined(t, bob, chatId)
  const coming = eventOf(listener, 'message')
  const browser = await openBrowser(t)
  const page = await browser.newPage()
  await page.goto(`${node.url}/livez`)
  await page.addScriptTag({ path: CLIENT })
  const reply = await page.evaluate(
    `(async () => {
      const socket = io('/chat', { auth: { token: ${JSON.stringify(ann)} } })
      const bytes = Uint8Array.from(${JSON.stringify([...photo])})
      const attachments = [
        new File([bytes], 'shoe.png', { type: 'image/png' }),
        { name: 'shoe.png', data: new File([bytes], 'other.png') },
      ]
      return await socket.emitWithAck('chat message', { chatId: ${JSON.stringify(chatId)}, content: 'from a browser', attachments })
    })()`,
  )
  t.match(reply, { type: 'reply', data: { seq: 1 } })
  const said = heard.parse(await coming)
  t.match(said.attachments, [
    { name: 'file-1.png', mime: 'image/png', size: photo.length },
    { name: 'shoe.png', mime: 'image/png', size: photo.length },
  ])
  const { body } = await download(stored, bob, chatId, said.attachments[0]?.id ?? '')
  t.equal(sha256(body), sha256(photo))
})

t.test('what is refused leaves nothing behind: no message, no blob', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const closed = await createChat(node, ['ann'])
  await call(node, token('shop', 'Shop', 'chat:service'), 'POST', `/chats/${closed}/close`)
  const before = (await stored.kept()).sort()
  const sender = await joined(t, ann, chatId)
  const say = async (fields: object) =>
    await sender.emitWithAck('chat message', { chatId, content: '', ...fields })
  const named = ({ name, body }: { name: string; body: Buffer }) => ({ name, data: body })

  for (const file of Object.values(HOSTILE_FILES))
    t.match(await say({ attachments: [photo, named(file)] }), { type: 'error', code: 'unsupported_type' })
  t.match(await say({ attachments: Array.from({ length: 11 }, () => photo) }), { code: 'too_large' })
  t.match(await say({ attachments: [photo], chatId: 'elsewhere' }), { code: 'not_a_member' })
  t.match(await say({ attachments: [photo], chatId: closed }), { code: 'chat_closed' })
  t.match(await say({ attachments: [photo], content: 'x'.repeat(8193) }), { code: 'too_large' })
  for (const bad of [{ name: 'a' }, { name: 5, data: photo }, { name: 'a', data: 'text' }, 5, null, [photo]])
    t.match(await say({ attachments: [bad] }), { code: 'bad_request' }, JSON.stringify(bad)?.slice(0, 40))

  const { body } = await call(node, ann, 'GET', `/chats/${chatId}/messages`)
  t.equal(body.pagination.total, 0)
  await until(async () => (await stored.kept()).length === before.length, 'the blobs are removed')
  t.strictSame((await stored.kept()).sort(), before)
  t.match(await say({ content: 'still here' }), { type: 'reply' })
})

t.test('a repeat is one message, and its files are there once', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const sender = await joined(t, ann, chatId)
  const before = (await stored.kept()).length
  const once = { chatId, content: '', clientId: 'once', attachments: [photo] }
  const first = await sender.emitWithAck('chat message', once)
  const again = await sender.emitWithAck('chat message', once)
  t.match(first, { type: 'reply', data: { seq: 1 } })
  t.match(again, { type: 'reply', data: { ...first.data, duplicate: true } })
  await until(async () => (await stored.kept()).length === before + 2, 'one blob and its thumbnail')
  await call(node, token('shop', 'Shop', 'chat:service'), 'POST', `/chats/${chatId}/close`)
  t.match(await sender.emitWithAck('chat message', once), again, 'a repeat is told before a closed chat')
})

t.test('ten megabytes are what one event may bring, in however many pieces', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const sender = await joined(t, ann, chatId)
  const ended = eventOf(sender, 'disconnect')
  const piece = Buffer.alloc(4_000_000, 'x')
  sender.emit('chat message', { chatId, content: '', attachments: [piece, piece, piece] })
  await ended
  const { body } = await call(node, ann, 'GET', `/chats/${chatId}/messages`)
  t.equal(body.pagination.total, 0)
})

t.test('ids of what was uploaded before may stand among the bytes', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const sender = await joined(t, ann, chatId)
  const form = new FormData()
  form.append('file', new Blob(['a']), 'a.txt')
  const headers = { authorization: `Bearer ${ann}` }
  const answer = await fetch(`${node.url}/chats/${chatId}/attachments`, {
    method: 'POST',
    headers,
    body: form,
  })
  const { data } = z.object({ data: z.array(z.object({ id: z.string() })) }).parse(await answer.json())
  const coming = eventOf(sender, 'message')
  await sender.emitWithAck('chat message', { chatId, content: '', attachments: [photo, data[0]?.id, photo] })
  const { attachments } = heard.parse(await coming)
  t.strictSame(
    attachments.map(({ name }) => name),
    ['file-1.png', 'a.txt', 'file-3.png'],
  )
})

t.test('not a byte of them in Postgres or in Redis', async (t) => {
  const s3 = await startS3(t)
  const cluster = await startCluster(t, 2, {
    S3_ENDPOINT: s3.url,
    S3_ACCESS_KEY: s3.accessKey,
    S3_SECRET_KEY: s3.secretKey,
  })
  const [one, two] = [nodeOf(cluster, 0), nodeOf(cluster, 1)]
  const redis = new Redis(cluster.redis.url)
  t.teardown(() => redis.disconnect())
  const monitor = await redis.monitor()
  t.teardown(() => monitor.disconnect())
  const asked: string[] = []
  monitor.on('monitor', (_time: string, args: string[]) => asked.push(args.join(' ')))

  const chatId = await createChat(one, ['ann', 'bob'])
  const [sender, listener] = [await joined(t, ann, chatId, one), await joined(t, bob, chatId, two)]
  const marker = randomBytes(24).toString('hex')
  const bytes = Buffer.from(`${marker}\n`.repeat(1000))
  const coming = eventOf(listener, 'message')
  const said = { chatId, content: 'a file', attachments: [{ name: 'list.txt', data: bytes }] }
  await sender.emitWithAck('chat message', said)
  const { attachments } = heard.parse(await coming)
  t.match(attachments, [{ name: 'list.txt', size: bytes.length }], 'it crossed the nodes')
  const { body } = await download({ node: two }, bob, chatId, attachments[0]?.id ?? '')
  t.equal(sha256(body), sha256(bytes))

  // What has been published before this has been monitored when this has.
  const end = once(monitor, 'monitor')
  await redis.ping()
  await end
  await until(() => asked.some((line) => line.includes(chatId)), 'the message was published')
  const forms = [
    marker,
    Buffer.from(marker).toString('base64').slice(0, 24),
    Buffer.from(marker).toString('hex'),
  ]
  const traces = (text: string) => forms.filter((form) => text.includes(form))
  t.strictSame(asked.flatMap(traces), [])

  const database = new pg.Client({ connectionString: cluster.databaseUrl })
  await database.connect()
  t.teardown(async () => await database.end())
  const { rows: tables } = await database.query<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  )
  t.ok(tables.some(({ name }) => name === 'public.messages'))
  for (const { name } of tables) {
    const { rows } = await database.query<{ row: string }>(`select t::text as row from ${name} t`)
    t.strictSame(
      rows.flatMap(({ row }) => traces(row)),
      [],
      name,
    )
  }
})
