import type { Locator, Page, WebSocketRoute } from 'playwright-core'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { call } from '../helpers/clients.js'
import { startNode } from '../helpers/processes.js'
import { openBrowser, openChat, openTwoPages, say, text, texts, ticked } from './open-page.js'
import { annsToken, chatIdOf } from './rest.js'

/** What is written while there is no connection: it waits, also through a reload, and is sent once. */

const MESSAGES = 50
const SUBJECT = 'Stoneware teapot'

const node = await startNode(t)
const browser = await openBrowser(t)

t.test('the plug pulled in the middle of sending 50 messages', async (t) => {
  const { annPage, bobPage } = await openTwoPages(t, browser, node.url)
  const { ann } = annPage
  const { bob } = bobPage
  await openChat(bob, SUBJECT)
  const before = await texts(ann)
  const plug = annPage.page.getByTestId('plug-ann')
  const contents = Array.from({ length: MESSAGES }, (_, index) => `message ${index + 1}`)
  const send = async (from: number, to: number) => {
    for (const content of contents.slice(from, to)) await say(ann, content)
  }

  await send(0, MESSAGES / 2)
  // The last of them are still under way.
  await plug.click()
  await send(MESSAGES / 2, MESSAGES)
  await ticked(ann, `message ${MESSAGES}`, 'sending').waitFor()
  await say(bob, 'Are you still there?')
  await ticked(bob, 'Are you still there?', 'sent').waitFor()
  t.equal(await text(ann, 'Are you still there?').count(), 0)
  await plug.click()
  await annPage.page.getByTestId('outages').getByText('None lost.').waitFor()

  for (const pane of [ann, bob]) {
    await text(pane, 'Are you still there?').waitFor()
    await text(pane, `message ${MESSAGES}`).waitFor()
    await checkNoneIsSending(t, pane)
    const said = (await texts(pane)).slice(before.length)
    t.strictSame(
      said.filter((content) => content !== 'Are you still there?'),
      contents,
    )
  }
  t.strictSame(await texts(ann), await texts(bob), 'both see the same')
  t.strictSame([...annPage.complaints, ...bobPage.complaints], [])
})

t.test('a reload with messages in the outbox', async (t) => {
  const { annPage, bobPage } = await openTwoPages(t, browser, node.url)
  const { page, ann, complaints } = annPage
  const { bob } = bobPage
  await openChat(bob, SUBJECT)
  const contents = ['one', 'two', 'three'].map((word) => `before the reload: ${word}`)
  await page.getByTestId('plug-ann').click()
  for (const content of contents) await say(ann, content)
  await ticked(ann, contents[2] ?? '', 'sending').waitFor()
  const kept = await outboxOf(page)
  t.strictSame(
    kept.map(({ content }) => content),
    contents,
  )

  // The page itself comes, its sockets do not: a network that lets through what it knows.
  const letThrough = await holdSockets(page)
  await page.reload()
  for (const content of contents) await ticked(ann, content, 'sending').waitFor()
  t.strictSame(await outboxOf(page), kept, 'the same messages with the same clientId')
  t.equal(await text(bob, contents[0] ?? '').count(), 0)

  letThrough()
  for (const content of contents) {
    await text(bob, content).waitFor()
    await ticked(ann, content, 'read').waitFor()
  }
  t.strictSame(await outboxOf(page), [])
  const newest = await newestMessages()
  t.strictSame(
    newest.filter(({ content }) => content.startsWith('before the reload')),
    kept,
    'each was sent once, as what it was before',
  )
  t.strictSame(complaints, [])
})

const entry = z.object({ clientId: z.string(), content: z.string() })
const entries = z.array(entry)

/** What the browser keeps of Ann's messages on their way, in the order in which they were said. */
async function outboxOf(page: Page): Promise<z.infer<typeof entries>> {
  const items = await page.evaluate(() =>
    Object.keys(localStorage)
      .filter((key) => key.startsWith('parley:ann:'))
      .map((key) => JSON.parse(localStorage.getItem(key) ?? '')),
  )
  const kept = z.array(entry.extend({ place: z.number() })).parse(items)
  return entries.parse(kept.toSorted((a, b) => a.place - b.place))
}

/** From now on the page's sockets open and are never answered. Gives what ends that. */
async function holdSockets(page: Page): Promise<() => void> {
  const held: WebSocketRoute[] = []
  let isHolding = true
  await page.routeWebSocket('**', (socket) => {
    if (isHolding) held.push(socket)
    else socket.connectToServer()
  })
  return () => {
    isHolding = false
    for (const socket of held) void socket.close()
  }
}

/** The newest messages of the chat as the server has them, the oldest first. */
async function newestMessages(): Promise<{ clientId: string | null; content: string }[]> {
  const path = `/chats/${await chatIdOf(node, SUBJECT)}/messages?limit=20`
  const { body } = await call(node, await annsToken(node), 'GET', path)
  return z
    .array(entry.extend({ clientId: z.string().nullable() }))
    .parse(body.data)
    .toReversed()
}

async function checkNoneIsSending(t: Test, pane: Locator): Promise<void> {
  await pane.locator('[data-testid="message"][data-state="sending"]').last().waitFor({ state: 'detached' })
  t.equal(await pane.locator('[data-testid="message"][data-state="failed"]').count(), 0)
}
