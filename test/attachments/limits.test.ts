import t from 'tap'
import { download, linkTo, postFiles, startFileNode, uploadFile } from '../helpers/attachments.js'
import { call, createChat, token, until } from '../helpers/clients.js'
import { FORM_END, type FormAnswer, fileHead, openForm } from '../helpers/forms.js'
import { nameOf } from '../helpers/frames.js'
import { HOSTILE_FILES, pdf, zipBomb } from '../helpers/sample-files.js'

const BYTES = 100_000
const ann = token('ann', nameOf('ann'))
const stored = await startFileNode(t, { PARLEY_ATTACHMENT_BYTES: String(BYTES), PARLEY_UPLOADS: '2' })
const { node, kept } = stored

const file = (name: string, body: Buffer | string) => ({ name, body: Buffer.from(body) })
const coded = (status: number, code: string) => ({ status, body: { error: { code, message: /./ } } })

/** A form with these headers of its one part, as they stand. */
async function postRaw(chatId: string, disposition: string, body: string): Promise<FormAnswer> {
  const { asked, answer } = openForm(node, ann, chatId)
  asked.end(`--line\r\n${disposition}\r\n\r\n${body}${FORM_END}`)
  return await answer
}

t.test('a file of exactly the limit is taken, one byte more is not', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const before = (await kept()).length
  t.match(await postFiles(stored, ann, chatId, [file('a.txt', Buffer.alloc(BYTES, 'a'))]), { status: 201 })
  const large = file('a.txt', Buffer.alloc(BYTES + 1, 'a'))
  t.match(await postFiles(stored, ann, chatId, [large]), coded(413, 'too_large'))
  t.equal((await kept()).length, before + 1)
})

t.test('so many files and no more; all or none', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const before = (await kept()).length
  const files = (count: number) => Array.from({ length: count }, (_, index) => file(`${index}.txt`, 'x'))
  t.match(await postFiles(stored, ann, chatId, files(11)), coded(413, 'too_large'))
  await until(async () => (await kept()).length === before, 'nothing is left')
  t.match(await postFiles(stored, ann, chatId, files(10)), { status: 201, body: { data: { length: 10 } } })
})

t.test('who goes on sending after the limit still reads why, and is cut off', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const before = (await kept()).length
  const { asked, answer } = openForm(node, ann, chatId)
  const closed = new Promise((resolve) => asked.once('close', resolve))
  asked.write(fileHead('endless.txt'))
  const pump = () => {
    while (!asked.destroyed && asked.write('x'.repeat(16_384)));
  }
  asked.on('drain', pump)
  pump()
  t.match(await answer, coded(413, 'too_large'))
  await closed
  t.equal((await kept()).length, before)
})

t.test('an upload that is broken off leaves nothing', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const before = (await kept()).length
  const { asked } = openForm(node, ann, chatId)
  asked.write(fileHead('half.txt'))
  asked.write('x'.repeat(90_000))
  await until(async () => (await kept()).length > before, 'the draft is there')
  asked.destroy()
  await until(async () => (await kept()).length === before, 'the draft has gone')
  t.match(await postFiles(stored, ann, chatId, [file('a.txt', 'a')]), { status: 201 })
})

t.test('so many uploads at once and no more', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const before = (await kept()).length
  const held = [openForm(node, ann, chatId), openForm(node, ann, chatId)]
  for (const { asked } of held) asked.write(`${fileHead('slow.txt')}${'x'.repeat(90_000)}`)
  await until(async () => (await kept()).length === before + 2, 'both are under way')
  const refused = await postFiles(stored, ann, chatId, [file('a.txt', 'a')])
  t.match(refused, coded(503, 'overloaded'))
  t.ok(refused.headers.get('retry-after'))
  for (const { asked } of held) asked.end(FORM_END)
  for (const { answer } of held) t.match(await answer, { status: 201 })
  t.match(await postFiles(stored, ann, chatId, [file('a.txt', 'a')]), { status: 201 })
})

t.test('what is no form with files in it', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const path = `/chats/${chatId}/attachments`
  t.match(await call(node, ann, 'POST', path, { file: 'a' }), coded(415, 'unsupported_type'))
  t.match(await call(node, ann, 'POST', path), coded(415, 'unsupported_type'))
  t.match(await postFiles(stored, ann, chatId, []), coded(400, 'bad_request'))
  const text = 'Content-Disposition: form-data; name="text"'
  t.match(await postRaw(chatId, text, 'no file'), coded(400, 'bad_request'))
  t.match(await postFiles(stored, ann, chatId, [file('empty.txt', '')]), coded(415, 'unsupported_type'))
  const nameless = 'Content-Disposition: form-data; name="file"\r\nContent-Type: application/octet-stream'
  t.match(await postRaw(chatId, nameless, 'a'), { status: 201, body: { data: [{ name: 'file.txt' }] } })
  const hostile = 'Content-Disposition: form-data; name="__proto__"; filename="a.txt"'
  t.match(await postRaw(chatId, hostile, 'a'), coded(400, 'bad_request'))
  const { asked, answer } = openForm(node, ann, chatId)
  asked.end(`${fileHead('cut.txt')}no end`)
  t.match(await answer, coded(400, 'bad_request'))
})

t.test('a name is a name: no path, no line break, no extension that lies', async (t) => {
  const chatId = await createChat(node, ['ann'])
  for (const [given, name] of [
    ['../../x.txt', 'x.txt'],
    ['..\\\\..\\\\x.txt', 'x.txt'],
    ['a%0d%0aSet-Cookie: b.txt', 'a%0d%0aSet-Cookie: b.txt'],
    ['CON.txt', '_ON.txt'],
    ['.txt', 'txt.txt'],
    ['Rechnung für Käthe.txt', 'Rechnung für Käthe.txt'],
    ['\u202etxt.exe.txt', 'txt.exe.txt'],
  ] as const) {
    const answer = await postRaw(
      chatId,
      `Content-Disposition: form-data; name="file"; filename="${given}"`,
      'hello',
    )
    t.match(answer, { status: 201, body: { data: [{ name, mime: 'text/plain' }] } }, given)
  }
  const broken = 'Content-Disposition: form-data; name="file"; filename="a\r\nSet-Cookie: b.txt"'
  const answer = await postRaw(chatId, broken, 'hello')
  t.ok(answer.status === 400 || answer.status === 201 || answer.status === 415)
  if (answer.status === 201) t.notMatch(JSON.stringify(answer.body), /\\r|\\n/)

  const lie = await uploadFile(stored, ann, chatId, { name: 'photo.html', body: pdf() })
  t.equal(lie.name, 'photo.html.pdf')
  const { headers } = await download(stored, ann, chatId, lie.id)
  t.equal(headers.get('content-type'), 'application/pdf')
})

t.test('what others might run is refused, or made harmless', async (t) => {
  const chatId = await createChat(node, ['ann'])
  const before = (await kept()).length
  for (const hostile of [
    ...Object.values(HOSTILE_FILES),
    { name: 'invoice.pdf', body: zipBomb() },
    { name: 'invoice.docx', body: zipBomb() },
    file('drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    file('page.html', '<script>alert(1)</script>'),
    file('photo.jpg\0.txt', Buffer.from([0x4d, 0x5a, 0, 1, 2, 3])),
  ]) {
    t.match(await postFiles(stored, ann, chatId, [hostile]), coded(415, 'unsupported_type'), hostile.name)
  }
  t.equal((await kept()).length, before, 'nothing was stored')

  const page = await uploadFile(stored, ann, chatId, file('page.txt', '<script>alert(1)</script>'))
  const { url } = await linkTo(stored, ann, chatId, page.id)
  const { headers } = await fetch(url)
  t.equal(headers.get('content-type')?.split(';')[0], 'text/plain')
  t.equal(headers.get('x-content-type-options'), 'nosniff')
  t.match(headers.get('content-disposition'), /^attachment;/)
  t.match(headers.get('content-security-policy'), /sandbox/)
})

t.test('so many unsent ones of a user in a chat, and no more', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const ten = Array.from({ length: 10 }, (_, index) => file(`${index}.txt`, 'x'))
  for (let round = 0; round < 10; round++) t.equal((await postFiles(stored, ann, chatId, ten)).status, 201)
  t.match(await postFiles(stored, ann, chatId, [file('a.txt', 'a')]), coded(429, 'rate_limited'))
  const bob = token('bob', nameOf('bob'))
  t.match(await postFiles(stored, bob, chatId, [file('a.txt', 'a')]), { status: 201 })
})
