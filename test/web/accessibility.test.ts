import { createRequire } from 'node:module'
import type axe from 'axe-core'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { startNode } from '../helpers/processes.js'
import { message, openBrowser, openChat, openInbox, openPage, say, ticked } from './open-page.js'

/** What axe-core finds on the page as people see it: nothing serious. */

declare global {
  interface Window {
    axe: typeof axe
  }
}

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

const node = await startNode(t)
const browser = await openBrowser(t)

t.test('a conversation and an inbox, in every theme and direction', async (t) => {
  const { page, ann, bob } = await openPage(t, browser, node.url, { bypassCSP: true })
  await say(ann, 'Here is a link: https://shop.example/teapot')
  await ticked(ann, 'Here is a link: https://shop.example/teapot', 'sent').waitFor()
  await page.getByTestId('plug-bob').click()
  await check(t, page, 'as it opens, one plug pulled')
  await page.getByTestId('plug-bob').click()

  await message(ann, 'Here is a link: https://shop.example/teapot').getByTestId('message-menu').click()
  await ann.getByTestId('edit').waitFor()
  await check(t, page, 'the menu of a message')
  await ann.getByTestId('delete').click()
  await check(t, page, 'a question')
  await page.keyboard.press('Escape')
  await ann.getByTestId('composer').focus()
  await page.keyboard.press('ArrowUp')
  await ann.getByTestId('cancel-edit').waitFor()
  await check(t, page, 'editing')
  await page.keyboard.press('Escape')

  await page.getByTestId('theme').selectOption('dark')
  await openChat(bob, 'Desk lamp')
  await openInbox(ann)
  await check(t, page, 'dark')
  await page.getByTestId('language').selectOption('ar')
  await ann.locator('.parley-ui[dir="rtl"]').waitFor()
  await check(t, page, 'dark, right to left')
  await page.getByTestId('theme').selectOption('light')
  await ann.getByTestId('new-inquiry').click()
  await check(t, page, 'light, right to left, a dialog')
})

t.test('on a phone', async (t) => {
  const { page, ann } = await openPage(t, browser, node.url, { ...PHONE, bypassCSP: true })
  await check(t, page, 'a conversation')
  await openInbox(ann)
  await check(t, page, 'an inbox')
  await page.getByRole('button', { name: 'Live', exact: true }).click()
  await check(t, page, 'what is measured')
})

/** Tells of each serious finding what it is and where. */
async function check(t: Test, page: Page, what: string): Promise<void> {
  if (await page.evaluate(() => !('axe' in window))) await page.addScriptTag({ path: AXE })
  // A colour on its way to another is judged by what it is in between.
  await page.evaluate(async () => {
    for (const animation of document.getAnimations())
      if (animation.effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY) animation.finish()
  })
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ['violations'] }))
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  t.strictSame(
    serious.flatMap(({ id, nodes }) => nodes.map(({ target, html }) => `${id}: ${target}: ${html}`)),
    [],
    what,
  )
}
