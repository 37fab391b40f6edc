import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { startNode } from '../helpers/processes.js'
import { conversation, item, message, openBrowser, openInbox, openPage, text, ticked } from './open-page.js'

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }

t.test('on a phone there is one of the two, and all of it fits', async (t) => {
  const node = await startNode(t)
  const { page, ann, bob, complaints } = await openPage(t, await openBrowser(t), node.url, PHONE)
  await checkFits(t, page, 'a conversation')
  t.ok(await ann.isVisible())
  t.notOk(await bob.isVisible())
  await checkOnScreen(t, page, 'composer')

  await ann.getByTestId('composer').tap()
  await page.keyboard.type('One line')
  await page.keyboard.press('Enter')
  await page.keyboard.type('and another, and a word that is too long for a phone: '.concat('x'.repeat(120)))
  t.match(await ann.getByTestId('composer').inputValue(), 'One line\nand another', 'Enter begins a line')
  await checkOnScreen(t, page, 'send')
  await ann.getByTestId('send').tap()
  const said = message(
    ann,
    `One line and another, and a word that is too long for a phone: ${'x'.repeat(120)}`,
  )
  await said.locator('[data-status="sent"]').waitFor()
  await checkFits(t, page, 'a long word')

  await page.getByRole('button', { name: 'Bob', exact: true }).tap()
  await bob.waitFor()
  t.notOk(await ann.isVisible())
  await checkFits(t, page, 'an inbox')
  await item(bob, 'Stoneware teapot').getByRole('button').first().tap()
  await conversation(bob).waitFor()
  await checkOnScreen(t, page, 'composer')
  await bob.getByTestId('composer').fill('Thank you')
  await bob.getByTestId('send').tap()
  await ticked(bob, 'Thank you', 'read').waitFor({ state: 'attached' })
  await bob.getByTestId('back').tap()
  await bob.getByTestId('chat-item').first().waitFor()
  await page.getByRole('button', { name: 'Live', exact: true }).tap()
  await page.getByTestId('live-panel').waitFor()
  await checkFits(t, page, 'what is measured')

  await page.getByRole('button', { name: 'Ann', exact: true }).tap()
  await text(ann, 'Thank you').waitFor()
  await page.getByTestId('language').selectOption('ar')
  await ann.locator('.parley-ui[dir="rtl"]').waitFor()
  await checkFits(t, page, 'right to left')
  await openInbox(ann)
  await checkFits(t, page, 'an inbox, right to left')
  t.strictSame(complaints, [])
})

/** Nothing is wider than the screen. */
async function checkFits(t: Test, page: Page, what: string): Promise<void> {
  const wide = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    const inside = [...document.querySelectorAll('.parley-scroller, .parley-inbox-scroller, .phone')]
    return [
      ...(scrollWidth > clientWidth ? [`the page: ${scrollWidth} > ${clientWidth}`] : []),
      ...inside
        .filter((element) => element.scrollWidth > element.clientWidth)
        .map((element) => `${element.className}: ${element.scrollWidth} > ${element.clientWidth}`),
    ]
  })
  t.strictSame(wide, [], `${what} is not wider than the screen`)
}

async function checkOnScreen(t: Test, page: Page, testId: string): Promise<void> {
  const box = await page.getByTestId(testId).filter({ visible: true }).boundingBox()
  const { height } = PHONE.viewport
  t.ok(box !== null && box.y >= 0 && box.y + box.height <= height, `${testId} is on the screen at once`)
}
