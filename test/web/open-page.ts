import { type Browser, chromium, type Locator, type Page } from 'playwright-core'
import type { Test } from 'tap'

const PATIENCE_MS = 20_000

export interface OpenedPage {
  readonly page: Page
  readonly ann: Locator
  readonly bob: Locator
  /** What the browser has found fault with so far. */
  readonly complaints: string[]
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

/** The page with both phones connected, each with a chat; a stranger to all other pages, and closed at the test's end. */
export async function openPage(t: Test, browser: Browser, url: string): Promise<OpenedPage> {
  const context = await browser.newContext()
  t.teardown(async () => await context.close())
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (line) => {
    if (line.type() === 'error') complaints.push(line.text())
  })
  await page.goto(url)
  const [ann, bob] = [page.getByTestId('pane-ann'), page.getByTestId('pane-bob')]
  for (const pane of [ann, bob]) {
    await pane.getByText('Connected', { exact: true }).waitFor()
    await pane.getByTestId('chat-item').first().waitFor()
  }
  return { page, ann, bob, complaints }
}

export async function say(pane: Locator, content: string): Promise<void> {
  await pane.getByTestId('composer').fill(content)
  await pane.getByTestId('send').click()
}

/** The text of a message. */
export function text(pane: Locator, content: string): Locator {
  return pane.getByTestId('message-text').getByText(content, { exact: true })
}
