import t from 'tap'
import { z } from 'zod'
import { replies } from '../../../src/protocol/server-frames.js'
import { call, createChat, type RawClient, serviceToken } from '../../helpers/clients.js'
import {
  contentOf,
  joinChat,
  messagePush,
  pushesOf,
  say,
  sessionOf,
  settled,
  startTestNode,
} from '../../helpers/frames.js'

const node = await startTestNode(t)
const shop = serviceToken()
const count = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** The chats of a resume's reply, checked field by field. */
async function resume(client: RawClient, chats: Record<string, number>, more: object = {}) {
  const { chats: answered } = replies.resume.parse(await client.ask({ type: 'resume', chats, ...more }))
  return new Map(Object.entries(answered))
}

t.test('one frame brings what was missed in every chat, and the pushes go on from there', async (t) => {
  const chatIds = await Promise.all(count(1, 5).map(() => createChat(node, ['ann', 'bob'])))
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  for (const chatId of chatIds) for (const n of count(1, 4)) await say(ann, chatId, `m${n}`)
  const { epoch } = await joinChat(ann, chatIds[0] ?? '')

  const answers = await resume(bob, Object.fromEntries(chatIds.map((id, index) => [id, index])), { epoch })
  t.same([...answers.keys()], chatIds, 'in the order asked')
  for (const [index, chatId] of chatIds.entries()) {
    const answer = answers.get(chatId)
    t.match(answer, { rev: 4, epoch, complete: true, mine: { unread: 4 }, chat: { id: chatId, lastSeq: 4 } })
    const { messages } = z.object({ messages: z.array(z.object({ rev: z.number() })) }).parse(answer)
    t.same(
      messages.map(({ rev }) => rev),
      count(index + 1, 4),
    )
    await say(ann, chatId, `live in ${chatId}`)
    t.match(await messagePush(bob, `live in ${chatId}`), { rev: 5 })
  }
  await settled(ann)
  t.same(pushesOf(ann, 'user_joined'), [], 'nobody is told of one who resumes')
  await bob.ask({ type: 'leave', chatId: chatIds[0] })
  t.match(await ann.next(({ type }) => type === 'user_left'), { userId: 'bob', chatId: chatIds[0] })
})

t.test('a chat that one may not see is an error in its place, and the session stays', async (t) => {
  const [mine, others] = [await createChat(node, ['ann']), await createChat(node, ['bob'])]
  const ann = await sessionOf(t, node, 'ann')
  const answers = await resume(ann, { [others]: 0, 'no-such-chat': 0, [mine]: 0 })
  const refused = { error: { code: 'not_a_member', message: 'Not a member of this chat.', temporary: false } }
  t.same(answers.get(others), refused)
  t.same(answers.get('no-such-chat'), refused)
  t.match(answers.get(mine), { complete: true, rev: 0 })
  await say(ann, mine, 'still here')
  await messagePush(ann, 'still here')
})

t.test('a point that cannot be served starts that chat over, and only that one', async (t) => {
  const [one, two] = [await createChat(node, ['ann']), await createChat(node, ['ann'])]
  const ann = await sessionOf(t, node, 'ann')
  await say(ann, one, 'first')
  await say(ann, two, 'first')
  const answers = await resume(ann, { [one]: 7, [two]: 1 })
  t.match(answers.get(one), { reset: true, complete: true, rev: 1, messages: [{ content: 'first' }] })
  t.match(answers.get(two), { complete: true, rev: 1, messages: [] })
  t.notOk('reset' in (answers.get(two) ?? {}))
  const elsewhere = await resume(ann, { [one]: 1, [two]: 1 }, { epoch: 'another' })
  for (const answer of elsewhere.values()) t.match(answer, { reset: true, messages: [{ content: 'first' }] })
})

t.test('what does not fit into 256 KiB is asked for again, until all is there', async (t) => {
  const chatIds = await Promise.all(count(1, 12).map(() => createChat(node, ['ann', 'bob'])))
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  const contents = count(1, 8).map((n) => `${n}:`.padEnd(8000, 'x'))
  for (const chatId of chatIds) await Promise.all(contents.map((content) => say(ann, chatId, content)))

  const seen = new Map<string, number[]>(chatIds.map((chatId) => [chatId, []]))
  let left: Record<string, number> = Object.fromEntries(chatIds.map((chatId) => [chatId, 0]))
  let rounds = 0
  for (; Object.keys(left).length > 0; rounds++) {
    const frame = await bob.request({ type: 'resume', chats: left })
    t.ok(Buffer.byteLength(JSON.stringify(frame)) <= 256 * 1024, 'a reply is at most 256 KiB')
    const { chats } = replies.resume.parse(frame.data)
    t.same(Object.keys(chats), Object.keys(left), 'every chat is answered')
    const next: Record<string, number> = {}
    for (const [chatId, answer] of Object.entries(chats)) {
      if ('error' in answer) throw new Error(answer.error.code)
      seen.get(chatId)?.push(...answer.messages.map(({ rev }) => rev))
      if (!answer.complete) next[chatId] = answer.rev
    }
    left = next
  }
  t.ok(rounds > 1 && rounds < 8, `${rounds} rounds`)
  for (const revs of seen.values()) t.same(revs, count(1, 8), 'each message once')
  for (const chatId of chatIds) {
    await say(ann, chatId, `live in ${chatId}`)
    t.match(await messagePush(bob, `live in ${chatId}`), { rev: 9 })
  }
})

t.test('500 chats in one frame, no more', async (t) => {
  const chatIds = await Promise.all(count(1, 20).map(() => createChat(node, ['ann'])))
  const ann = await sessionOf(t, node, 'ann')
  const others = count(1, 480).map((n) => `no-such-chat-${n}`)
  const answers = await resume(ann, Object.fromEntries([...others, ...chatIds].map((id) => [id, 0])))
  t.equal(answers.size, 500)
  t.equal([...answers.values()].filter((answer) => 'complete' in answer && answer.complete).length, 20)
  const tooMany = Object.fromEntries([...others, ...chatIds, 'one-more'].map((id) => [id, 0]))
  for (const chats of [tooMany, { '': 0 }, { c: -1 }, { c: 1.5 }, { c: '1' }, { c: null }, [], 'c', null])
    t.match(
      await ann.request({ type: 'resume', chats }),
      { type: 'error', code: 'bad_request' },
      String(chats),
    )
  t.same(await resume(ann, {}), new Map())
  const { chats } = replies.resume.parse(
    await ann.ask(JSON.parse('{ "type": "resume", "chats": { "__proto__": 0, "constructor": 0 } }')),
  )
  t.match(Object.values(chats), [{ error: { code: 'not_a_member' } }])
})

t.test('resumes and joins of the same chats at once have each event once, in order', async (t) => {
  const chatIds = await Promise.all(count(1, 3).map(() => createChat(node, ['ann', 'bob'])))
  const [ann, bob] = await Promise.all([sessionOf(t, node, 'ann'), sessionOf(t, node, 'bob')])
  const storm = Promise.all(
    chatIds.map(async (chatId) => {
      for (const n of count(1, 100)) await say(ann, chatId, `m${n}`)
    }),
  )
  const points = Object.fromEntries(chatIds.map((chatId) => [chatId, 0]))
  const backwards = Object.fromEntries(chatIds.toReversed().map((chatId) => [chatId, 0]))
  for (let round = 0; round < 5; round++)
    await Promise.all([
      bob.ask({ type: 'resume', chats: points }),
      bob.ask({ type: 'join', chatId: chatIds[1], afterRev: 0 }),
      bob.ask({ type: 'resume', chats: backwards }),
    ])
  await storm
  for (const chatId of chatIds) {
    await bob.next((frame) => revsOf(frame, chatId).includes(100))
    const last = bob.frames.findLastIndex(
      (frame) => frame.type === 'reply' && revsOf(frame, chatId).length > 0,
    )
    const seen = bob.frames.slice(last).flatMap((frame) => revsOf(frame, chatId))
    t.same(seen, count(1, 100))
  }
})

t.test('one who was removed meanwhile does not come in', async (t) => {
  const chatId = await createChat(node, ['ann', 'bob'])
  const bob = await sessionOf(t, node, 'bob')
  await resume(bob, { [chatId]: 0 })
  await call(node, shop, 'DELETE', `/chats/${chatId}/members/bob`)
  await bob.next(({ type }) => type === 'removed')
  t.match((await resume(bob, { [chatId]: 0 })).get(chatId), { error: { code: 'not_a_member' } })
  const ann = await sessionOf(t, node, 'ann')
  await joinChat(ann, chatId)
  await say(ann, chatId, 'without bob')
  await messagePush(ann, 'without bob')
  await settled(bob)
  t.same(pushesOf(bob, 'message').map(contentOf), [])
})

/** The revs that a frame brings of a chat: of the messages of a reply, or of a push. */
function revsOf(frame: { type: string; [key: string]: unknown }, chatId: string): number[] {
  const message = z.object({ rev: z.number(), message: z.object({ chatId: z.string() }) }).safeParse(frame)
  if (message.success) return message.data.message.chatId === chatId ? [message.data.rev] : []
  const messages = z.object({ messages: z.array(z.object({ chatId: z.string(), rev: z.number() })) })
  const reply = z
    .object({ data: z.union([messages, z.object({ chats: z.record(z.string(), messages) })]) })
    .safeParse(frame)
  if (!reply.success) return []
  const { data } = reply.data
  const all = 'messages' in data ? data.messages : Object.values(data.chats).flatMap((one) => one.messages)
  return all.filter((one) => one.chatId === chatId).map(({ rev }) => rev)
}
