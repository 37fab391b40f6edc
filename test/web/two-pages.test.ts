import t from 'tap'
import { startNode } from '../helpers/processes.js'
import {
  item,
  message,
  openBrowser,
  openChat,
  openInbox,
  openTwoPages,
  say,
  text,
  texts,
  ticked,
  untilReady,
} from './open-page.js'

/** Ann at one page and Bob at another: what one does the other sees. */

const node = await startNode(t, { PARLEY_OFFLINE_HOLD_MS: '200' })
const browser = await openBrowser(t)
const { annPage, bobPage } = await openTwoPages(t, browser, node.url)
const { ann } = annPage
const { bob } = bobPage

t.test('the page has a strict policy', async (t) => {
  const { headers } = await fetch(node.url)
  const policy = headers.get('content-security-policy') ?? ''
  t.match(policy, "default-src 'self'")
  t.notMatch(policy, 'unsafe')
  t.notMatch(policy, '*')
})

t.test('unread, sent and read', async () => {
  const badge = item(bob, 'Stoneware teapot').getByTestId('unread')
  await badge.waitFor()
  await openChat(bob, 'Stoneware teapot')
  await openInbox(bob)
  await badge.waitFor({ state: 'detached' })

  await say(ann, 'Has it been sent?')
  await badge.getByText('1 unread', { exact: true }).waitFor()
  await ticked(ann, 'Has it been sent?', 'sent').waitFor()
  await openChat(bob, 'Stoneware teapot')
  await text(bob, 'Has it been sent?').waitFor()
  await ticked(ann, 'Has it been sent?', 'read').waitFor()
  await openInbox(bob)
  await badge.waitFor({ state: 'detached' })
  await openChat(bob, 'Stoneware teapot')
})

t.test('content is text, never markup', async (t) => {
  const strings = [
    '<b>Yes, today</b>',
    '<script>hacked = 1</script>',
    '<img src=x onerror="hacked = 1">',
    '"><svg onload=hacked=1>',
    'javascript:hacked=1',
    '&lt;i&gt; &amp; {{hacked=1}}',
  ]
  for (const [from, to] of [[ann, bob] as const, [bob, ann] as const])
    for (const content of strings) {
      await say(from, content)
      await text(to, content).last().waitFor()
    }
  for (const { page, complaints } of [annPage, bobPage]) {
    const elements = page.getByTestId('message-text').locator('*')
    t.equal(await elements.count(), 0, 'nothing of it is an element')
    t.equal(await page.evaluate('typeof hacked'), 'undefined')
    t.strictSame(complaints, [])
  }
})

t.test('typing', async () => {
  await bob.getByTestId('composer').pressSequentially('In a min')
  await ann.getByTestId('typing').getByText('Bob Ray is typing').waitFor()
  await say(bob, 'In a minute')
  await text(ann, 'In a minute').waitFor()
  await ann.getByTestId('typing').waitFor({ state: 'detached' })
})

t.test('presence', async () => {
  const presence = (online: boolean) => ann.locator(`[data-testid="presence"][data-online="${online}"]`)
  const plugs = [annPage, bobPage].map(({ page }) => page.getByTestId('plug-bob'))
  await presence(true).waitFor()
  for (const plug of plugs) await plug.click()
  await presence(false).waitFor()
  for (const plug of plugs) await plug.click()
  await presence(true).waitFor()
})

t.test('sending, while there is no connection', async () => {
  const plug = annPage.page.getByTestId('plug-ann')
  await plug.click()
  await say(ann, 'Can you hear me?')
  await ticked(ann, 'Can you hear me?', 'sending').waitFor()
  await ann.getByTestId('offline-banner').waitFor()
  await plug.click()
  await ticked(ann, 'Can you hear me?', 'read').waitFor()
  await ann.getByTestId('offline-banner').waitFor({ state: 'detached' })
})

t.test('the order, and what becomes of it', async () => {
  const order = (status: string) => `[data-testid="order"][data-status="${status}"]`
  await ann.locator(order('paid')).getByText('Stoneware teapot').waitFor()
  await bob.getByRole('button', { name: 'Mark as sent' }).click()
  for (const pane of [ann, bob]) {
    await pane.locator('.parley-system').getByText('The parcel is on its way.', { exact: true }).waitFor()
    await pane.locator(order('sent')).waitFor()
  }
  await ann.getByRole('button', { name: 'It has arrived' }).click()
  await bob.locator(order('delivered')).waitFor()
})

t.test('edit and delete', async (t) => {
  await say(ann, 'It is blew')
  await text(bob, 'It is blew').waitFor()
  await ticked(ann, 'It is blew', 'read').waitFor()
  await message(ann, 'It is blew').getByTestId('message-menu').click()
  await ann.getByTestId('edit').click()
  await say(ann, 'It is blue')
  await message(bob, 'It is blue').getByText('edited').waitFor()
  t.equal(await text(bob, 'It is blew').count(), 0)

  await openInbox(bob)
  await item(bob, 'It is blue').waitFor()
  await message(ann, 'It is blue').getByTestId('message-menu').click()
  await ann.getByTestId('delete').click()
  await ann.getByTestId('confirm-delete').click()
  await text(ann, 'Message deleted').waitFor()
  await item(bob, 'Message deleted').waitFor()
  await openChat(bob, 'Stoneware teapot')
  await text(bob, 'Message deleted').waitFor()
  t.equal(await text(bob, 'It is blue').count(), 0)
  t.strictSame(await texts(bob), await texts(ann))
})

t.test('archived, and back by a new message', async (t) => {
  await ann.getByTestId('archive').click()
  await ann.getByTestId('unarchive').waitFor()
  await openInbox(ann)
  t.equal(await item(ann, 'Stoneware teapot').count(), 0)
  await ann.getByTestId('archived-tab').click()
  await item(ann, 'Stoneware teapot').waitFor()
  await ann.getByTestId('chats-tab').click()
  await say(bob, 'Are you there?')
  await item(ann, 'Are you there?').getByTestId('unread').waitFor()
  await ann.getByTestId('archived-tab').click()
  await item(ann, 'Stoneware teapot').waitFor({ state: 'detached' })
  await ann.getByTestId('chats-tab').click()
  await ann.getByTestId('chat-item').first().waitFor()
})

t.test('search of chats', async (t) => {
  const items = ann.getByTestId('chat-item')
  await ann.getByTestId('search').fill('LAMP')
  await item(ann, 'Stoneware teapot').waitFor({ state: 'detached' })
  await item(ann, 'Desk lamp').waitFor()
  t.equal(await items.count(), 1)
  await ann.getByTestId('search').fill('no such thing')
  await ann.getByText('No conversation fits your search').waitFor()
  await ann.getByTestId('search').fill('')
  await items.nth(2).waitFor()
})

t.test('a general inquiry', async () => {
  const subject = 'Cups <img src=x onerror="hacked = 1">'
  await ann.getByTestId('new-inquiry').click()
  await ann.getByLabel('What is it about?').fill(subject)
  await ann.getByRole('button', { name: 'Start the chat' }).click()
  await ann.getByRole('heading', { name: subject }).waitFor()
  await say(ann, 'Are there cups to it?')
  await openInbox(bob)
  await item(bob, subject).getByText('Are there cups to it?').waitFor()
  await openChat(bob, subject)
  await say(bob, 'Six of them.')
  await text(ann, 'Six of them.').waitFor()
})

t.test('a reload shows the same', async (t) => {
  await openChat(bob, 'Stoneware teapot')
  const before = await texts(bob)
  await bobPage.page.reload()
  await untilReady(bobPage)
  await openChat(bob, 'Stoneware teapot')
  await text(bob, before.at(-1) ?? '').waitFor()
  t.strictSame(await texts(bob), before)
})

t.test('the browser has nothing to complain of', async (t) => {
  for (const { page, complaints } of [annPage, bobPage]) {
    t.strictSame(complaints, [])
    t.equal(await page.evaluate('typeof hacked'), 'undefined')
  }
})
