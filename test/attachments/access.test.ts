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
  uploadFile,
} from '../helpers/attachments.js'
import { call, createChat, serviceToken, token } from '../helpers/clients.js'
import { nameOf, say, sessionOf } from '../helpers/frames.js'
import { pdf } from '../helpers/sample-files.js'

const shop = serviceToken()
const ann = token('ann', nameOf('ann'))
const bob = token('bob', nameOf('bob'))
const eve = token('eve', nameOf('eve'))
const bill = { name: 'bill.pdf', body: pdf() }
const NOBODY = '01a20d14-d037-73d5-a83a-27a2d0c9772c'

forEachBlobStore(t, { PARLEY_LINK_SECONDS: '60' }, async (t, stored) => {
  const { node } = stored
  const chatId = await createChat(node, ['ann', 'bob'])
  const sender = await sessionOf(t, node, 'ann')
  const { id } = await uploadFile(stored, ann, chatId, bill)

  t.test('before a message names it, its uploader alone sees it', async (t) => {
    t.match(await askLink(stored, ann, chatId, id), { status: 200 })
    t.match(await askLink(stored, bob, chatId, id), { status: 404 })
    t.match(await askLink(stored, shop, chatId, id), { status: 404 })
  })

  t.test('then members and the backend do, and nobody else', async (t) => {
    await say(sender, chatId, 'the bill', { attachments: [id] })
    for (const bearer of [ann, bob, shop]) t.equal((await download(stored, bearer, chatId, id)).status, 200)
    t.match(await askLink(stored, eve, chatId, id), {
      status: 403,
      body: { error: { code: 'not_a_member' } },
    })
    t.match(await askLink(stored, eve, 'no-such-chat', id), {
      status: 403,
      body: { error: { code: 'not_a_member' } },
    })
    t.match(await askLink(stored, undefined, chatId, id), { status: 401 })
  })

  t.test('by the path of its own chat alone', async (t) => {
    const other = await createChat(node, ['ann', 'eve'])
    t.match(await askLink(stored, ann, other, id), { status: 404, body: { error: { code: 'not_found' } } })
    t.match(await askLink(stored, eve, other, id), { status: 404 })
    t.match(await askLink(stored, ann, chatId, NOBODY), { status: 404 })
    t.match(await askLink(stored, ann, chatId, '../x'), { status: 404 })
    t.match(await askLink(stored, ann, chatId, 'x'), { status: 404, body: { error: { code: 'not_found' } } })
    t.match(await askLink(stored, eve, chatId, 'x'), { status: 403 })
    t.match(await complete(stored, ann, chatId, 'x'), { status: 404 })
    t.match(await complete(stored, ann, other, id), { status: 404 })
    const named = { content: 'mine', attachments: [id] }
    t.match(await call(node, eve, 'POST', `/chats/${other}/messages`, named), {
      status: 404,
      body: { error: { code: 'not_found' } },
    })
  })

  t.test('an attachment is named once, by its uploader, and only what there is', async (t) => {
    const path = `/chats/${chatId}/messages`
    const nameIt = async (bearer: string, ...attachments: string[]) =>
      await call(node, bearer, 'POST', path, { content: '', attachments })
    t.match(await nameIt(ann, id), { status: 409, body: { error: { code: 'conflict' } } }, 'again')
    const { id: another } = await uploadFile(stored, ann, chatId, bill)
    t.match(await nameIt(bob, another), { status: 409 }, 'another’s')
    t.match(await nameIt(ann, another, another), { status: 409 }, 'twice')
    t.match(await nameIt(ann, NOBODY), { status: 404 })
    t.match(await nameIt(ann, 'no-uuid'), { status: 404 })
    t.match(await nameIt(ann, ...Array.from({ length: 11 }, () => another)), { status: 413 })
    t.match(await nameIt(ann, another), { status: 201 })
  })

  t.test('who is no member brings nothing in; nobody does into a closed chat', async (t) => {
    const kept = await stored.kept()
    t.match(await postFiles(stored, eve, chatId, [bill]), { status: 403 })
    t.match(await postFiles(stored, undefined, chatId, [bill]), { status: 401 })
    const closed = await createChat(node, ['ann'])
    const early = await presign(stored, ann, closed, {
      name: 'b.pdf',
      mime: 'application/pdf',
      size: bill.body.length,
    })
    await call(node, shop, 'POST', `/chats/${closed}/close`)
    t.match(await postFiles(stored, ann, closed, [bill]), {
      status: 409,
      body: { error: { code: 'chat_closed' } },
    })
    const announced = { name: 'b.pdf', mime: 'application/pdf', size: 1 }
    t.match(await call(node, ann, 'POST', `/chats/${closed}/attachments/presign`, announced), { status: 409 })
    t.match(await call(node, eve, 'POST', `/chats/${chatId}/attachments/presign`, announced), { status: 403 })
    t.match(await complete(stored, eve, closed, early.attachment.id), { status: 403 })
    t.strictSame((await stored.kept()).sort(), kept.sort())
  })

  t.test('a member who is removed gets no more URLs', async (t) => {
    t.match(await askLink(stored, bob, chatId, id), { status: 200 })
    await call(node, shop, 'DELETE', `/chats/${chatId}/members/bob`)
    t.match(await askLink(stored, bob, chatId, id), {
      status: 403,
      body: { error: { code: 'not_a_member' } },
    })
    t.match(await postFiles(stored, bob, chatId, [bill]), { status: 403 })
  })

  t.test('a URL is good for what it was made for, and nothing else', async (t) => {
    const { url } = await linkTo(stored, ann, chatId, id)
    t.equal((await fetch(url)).status, 200)
    for (const [what, bad] of tampered(url)) {
      const answer = await fetch(bad)
      // S3 calls some of them malformed.
      t.ok(answer.status === 403 || (stored.s3 !== undefined && answer.status === 400), what)
      t.notMatch(await answer.text(), '%PDF', what)
    }
    t.equal((await fetch(url, { method: 'DELETE' })).ok, false)
    t.equal((await fetch(url, { method: 'PUT', body: 'x' })).ok, false)
    t.equal((await fetch(url)).status, 200, 'and it still is')

    const { upload } = await presign(stored, ann, chatId, { name: 'a', mime: 'text/plain', size: 3 })
    if (upload.method === 'PUT') {
      for (const [what, bad] of tampered(upload.url))
        t.equal((await bring({ ...upload, url: bad }, Buffer.from('abc'))).status, 403, what)
      t.equal((await fetch(upload.url)).ok, false, 'it is not for reading')
    }
  })
})

/** The URL with each of its parts changed, in turn. */
function tampered(url: string): [what: string, url: string][] {
  const names = [...new URL(url).searchParams.keys()]
  const changed = names.map((name): [string, string] => {
    const bad = new URL(url)
    const value = bad.searchParams.get(name) ?? ''
    bad.searchParams.set(name, /\d$/.test(value) ? `${value}0` : `${value}x`)
    return [`another ${name}`, bad.href]
  })
  const elsewhere = new URL(url)
  elsewhere.pathname = elsewhere.pathname.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
  const bare = new URL(url)
  bare.search = ''
  return [...changed, ['another key', elsewhere.href], ['no signature', bare.href]]
}
