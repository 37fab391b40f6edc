import type { Locator } from 'playwright-core'
import t from 'tap'
import { z } from 'zod'
import { call, connectRaw } from '../helpers/clients.js'
import { startNode } from '../helpers/processes.js'
import { openBrowser, openChat, openTwoPages, say, text, texts, ticked } from './open-page.js'
import { annsToken } from './rest.js'

const HISTORY = 300

const node = await startNode(t)

t.test('older history on scroll, and what is read by being seen', async (t) => {
  const subject = 'A long story'
  await prepareHistory(subject)
  const browser = await openBrowser(t)
  const { annPage, bobPage } = await openTwoPages(t, browser, node.url)
  const { ann } = annPage
  const { bob } = bobPage
  await openChat(ann, subject)
  await openChat(bob, subject)
  await text(bob, `line ${HISTORY}`).waitFor()
  t.ok((await texts(bob)).length < HISTORY, 'not all at once')

  const scroller = bob.locator('.parley-scroller')
  const rows = bob.getByTestId('message-text')
  const topOf = async (content: string) => (await text(bob, content).boundingBox())?.y
  await scroller.hover()
  await bobPage.page.mouse.wheel(0, -1500)
  await bob.getByTestId('to-newest').waitFor()
  await say(ann, 'And so it ends.')
  await bob.getByTestId('new-messages').waitFor()
  await ticked(ann, 'And so it ends.', 'sent').waitFor()

  const seen = new Set<string>()
  while (!seen.has('line 1')) {
    const shown = await texts(bob)
    const [first = ''] = shown
    for (const content of shown.toReversed()) seen.add(content)
    if (seen.has('line 1')) break
    await scroller.evaluate((element) => element.scrollTo(0, 0))
    const top = await topOf(first)
    await rows.first().and(text(bob, first)).waitFor({ state: 'detached' })
    t.equal(await topOf(first), top, 'what is read stays where it is')
  }
  t.strictSame(
    [...seen].filter((content) => content.startsWith('line')).toReversed(),
    Array.from({ length: HISTORY }, (_, index) => `line ${index + 1}`),
  )
  t.equal(await ticked(ann, 'And so it ends.', 'read').count(), 0, 'nobody has seen it yet')

  for (let last = await lastOf(rows); last !== 'And so it ends.'; last = await lastOf(rows)) {
    await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight))
    await rows.last().and(text(bob, last)).waitFor({ state: 'detached' })
  }
  await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight))
  await ticked(ann, 'And so it ends.', 'read').waitFor()

  await bobPage.page.mouse.wheel(0, -1500)
  await bob.getByTestId('to-newest').waitFor()
  await say(ann, 'Really.')
  await bob.getByTestId('new-messages').click()
  await ticked(ann, 'Really.', 'read').waitFor()
  t.strictSame([...annPage.complaints, ...bobPage.complaints], [])
})

async function lastOf(rows: Locator): Promise<string> {
  return (await rows.last().textContent()) ?? ''
}

/** A chat of the two in which Ann has said a lot. */
async function prepareHistory(subject: string): Promise<void> {
  const token = await annsToken(node)
  const created = await call(node, token, 'POST', '/chats', {
    type: 'general',
    subject,
    members: [{ userId: 'bob' }],
  })
  const chatId = z.string().parse(created.body.id)
  const socket = await connectRaw(t, node, token)
  await socket.next(({ type }) => type === 'hello')
  for (let n = 1; n < HISTORY; n += 1) socket.send({ type: 'send', ref: n, chatId, content: `line ${n}` })
  await socket.ask({ type: 'send', chatId, content: `line ${HISTORY}` })
  await socket.close()
}
