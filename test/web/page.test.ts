import { chromium, type Locator, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { startNode } from '../helpers/processes.js'

const PATIENCE_MS = 20_000

t.test('the first page: two people talk about an order', async (t) => {
  const node = await startNode(t)
  const { page, complaints } = await openPage(t, node.url)
  const [ann, bob] = [page.getByTestId('pane-ann'), page.getByTestId('pane-bob')]
  for (const pane of [ann, bob]) {
    await pane.getByText('Connected', { exact: true }).waitFor()
    await pane.getByTestId('chat-item').first().waitFor()
  }

  // Bob stays in his inbox: what ann writes is unread there.
  await ann.getByTestId('chat-item').first().click()
  await say(ann, 'Has it been sent?')
  await bob.getByTestId('unread').getByText('1').waitFor()
  await withState(ann, 'sent').waitFor()

  await bob.getByTestId('chat-item').first().click()
  await text(bob, 'Has it been sent?').waitFor()
  await withState(ann, 'read').waitFor()
  await ann.locator('[data-testid="presence"][data-online="true"]').first().waitFor()

  await bob.getByTestId('composer').pressSequentially('Yes, tod')
  await ann.getByTestId('typing').getByText('Bob').waitFor()
  await say(bob, '<b>Yes, today</b>')
  await text(ann, '<b>Yes, today</b>').waitFor()
  t.equal(
    await ann.locator('b').filter({ hasText: 'Yes, today' }).count(),
    0,
    'content is text, never markup',
  )

  await ann.getByTestId('archive').click()
  await ann.getByTestId('unarchive-toggle').waitFor()
  await say(bob, 'Are you there?')
  await ann.getByTestId('chat-item').getByText('Are you there?').waitFor()
  t.pass('a new message brings an archived chat back')

  await page.reload()
  await ann.getByTestId('chat-item').first().click()
  await text(ann, 'Has it been sent?').waitFor()
  t.strictSame(complaints, [], 'the browser has nothing to complain of')
})

async function openPage(t: Test, url: string): Promise<{ page: Page; complaints: string[] }> {
  const executablePath = process.env.TEST_CHROMIUM
  if (!executablePath) throw new Error('TEST_CHROMIUM is not set: run the tests through npm test')
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  })
  t.teardown(async () => await browser.close())
  const page = await browser.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (line) => {
    if (line.type() === 'error') complaints.push(line.text())
  })
  await page.goto(url)
  return { page, complaints }
}

async function say(pane: Locator, content: string): Promise<void> {
  await pane.getByTestId('composer').fill(content)
  await pane.getByTestId('send').click()
}

function text(pane: Locator, content: string): Locator {
  return pane.getByTestId('message-text').getByText(content, { exact: true })
}

function withState(pane: Locator, state: string): Locator {
  return pane.locator(`[data-testid="message"][data-state="${state}"]`).first()
}
