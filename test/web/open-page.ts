import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core'
import type { Test } from 'tap'

const PATIENCE_MS = 10_000

/** Runs in the page: what the policy forbids is then among what the browser complains of, by its name. */
const TELL_VIOLATIONS = `addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
  console.error('policy violated:', violatedDirective, blockedURI))`

export interface WatchedPage {
  readonly page: Page
  /** What the browser has found fault with so far. */
  readonly complaints: string[]
}

export interface OpenedPage extends WatchedPage {
  readonly ann: Locator
  readonly bob: Locator
}

/** A real browser; closed at the test's end. */
export async function openBrowser(t: Test): Promise<Browser> {
  const executablePath = process.env.TEST_CHROMIUM
  if (!executablePath) throw new Error('TEST_CHROMIUM is not set: run the tests through npm test')
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  })
  t.teardown(async () => await browser.close())
  return browser
}

/** An empty page that is a stranger to all others; closed at the test's end. */
export async function openTab(
  t: Test,
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext(options)
  t.teardown(async () => await context.close())
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  await page.addInitScript(TELL_VIOLATIONS)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (line) => {
    if (line.type() === 'error' || line.type() === 'warning') complaints.push(line.text())
  })
  return { page, complaints }
}

/** The demo with both phones connected: a conversation on Ann's, the chats on Bob's. */
export async function openPage(
  t: Test,
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const tab = await openTab(t, browser, options)
  await tab.page.goto(url)
  const panes = panesOf(tab.page)
  await untilReady(panes)
  return { ...tab, ...panes }
}

/** The demo at two pages: Ann is at the one and Bob at the other, where Ann has nothing open, so that she reads nothing. */
export async function openTwoPages(
  t: Test,
  browser: Browser,
  url: string,
): Promise<{ annPage: OpenedPage; bobPage: OpenedPage }> {
  const [annPage, bobPage] = await Promise.all([openPage(t, browser, url), openPage(t, browser, url)])
  await openInbox(bobPage.ann)
  return { annPage, bobPage }
}

export function panesOf(page: Page): { ann: Locator; bob: Locator } {
  return { ann: page.getByTestId('pane-ann'), bob: page.getByTestId('pane-bob') }
}

/** Both phones are connected and show what they have. On a small screen only one of them is seen. */
export async function untilReady({ ann, bob }: { ann: Locator; bob: Locator }): Promise<void> {
  for (const pane of [ann, bob])
    await pane.locator('[data-connection="online"]').waitFor({ state: 'attached' })
  await conversation(ann).waitFor({ state: 'attached' })
  await bob.getByTestId('chat-item').first().waitFor({ state: 'attached' })
}

/** From wherever the phone is. */
export async function openChat(pane: Locator, subject: string): Promise<void> {
  await openInbox(pane)
  await item(pane, subject).getByRole('button').first().click()
  await conversation(pane).waitFor()
}

export async function openInbox(pane: Locator): Promise<void> {
  const back = pane.getByTestId('back')
  if (await back.isVisible()) await back.click()
  await pane.getByTestId('chat-item').first().waitFor()
}

/** A chat of the inbox. */
export function item(pane: Locator, subject: string): Locator {
  return pane.getByTestId('chat-item').filter({ hasText: subject })
}

/** The open chat, in step. */
export function conversation(pane: Locator): Locator {
  return pane.locator('[data-testid="conversation"][data-live="true"]')
}

export async function say(pane: Locator, content: string): Promise<void> {
  await pane.getByTestId('composer').fill(content)
  await pane.getByTestId('send').click()
}

/** A message of the open chat, by its text. */
export function message(pane: Locator, content: string): Locator {
  return pane.getByTestId('message').filter({ has: pane.page().getByText(content, { exact: true }) })
}

/** The text of a message. */
export function text(pane: Locator, content: string): Locator {
  return pane.getByTestId('message-text').getByText(content, { exact: true })
}

/** One's own message that has come this far. */
export function ticked(pane: Locator, content: string, status: 'sending' | 'sent' | 'read'): Locator {
  return message(pane, content).locator(`[data-testid="tick"][data-status="${status}"]`)
}

/** What stands in the list, from the oldest to the newest. */
export async function texts(pane: Locator): Promise<string[]> {
  return await pane.getByTestId('message-text').allTextContents()
}
