import type { Locator, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { until } from '../helpers/clients.js'
import { startNode } from '../helpers/processes.js'
import { item, message, openBrowser, openPage, text, ticked } from './open-page.js'

/** No mouse: whoever works with the keyboard always sees where it is, and gets everywhere. */

/** More keys than that lead nowhere. */
const MOST_KEYS = 40

t.test('from the inbox to a conversation and back, by the keyboard alone', async (t) => {
  const node = await startNode(t)
  const { page, ann, bob, complaints } = await openPage(t, await openBrowser(t), node.url)
  const press = (key: string) => pressSeen(t, page, key)
  const goTo = async (target: Locator, key = 'Tab') => {
    for (let keys = 0; !(await isFocused(target)); keys += 1) {
      if (keys === MOST_KEYS) throw new Error(`${key} does not lead to ${target}`)
      await press(key)
    }
  }

  const chats = bob.getByTestId('chat-item')
  await goTo(chats.nth(0).getByRole('button').first())
  await press('ArrowDown')
  await goTo(item(bob, 'Running shoes').getByRole('button').first(), 'ArrowDown')
  await press('Home')
  t.ok(await isFocused(chats.nth(0).getByRole('button').first()))
  await press('Enter')
  await bob.getByRole('heading', { name: 'Stoneware teapot' }).waitFor()
  await checkFocus(t, page, 'a conversation was opened')

  const composer = bob.getByTestId('composer')
  await goTo(composer)
  await page.keyboard.type('Good mornign')
  await press('Shift+Enter')
  await page.keyboard.type('to you')
  await press('Enter')
  await ticked(bob, 'Good mornign to you', 'read').waitFor()
  t.ok(await isFocused(composer), 'ready for the next one')

  await press('ArrowUp')
  await bob.getByTestId('cancel-edit').waitFor()
  await press('Escape')
  t.equal(await composer.inputValue(), '')
  await press('ArrowUp')
  await press('Control+A')
  await page.keyboard.type('Good morning to you')
  await press('Enter')
  await message(ann, 'Good morning to you').getByText('edited').waitFor()
  t.ok(await isFocused(composer))

  const menu = message(bob, 'Good morning to you').getByTestId('message-menu')
  await goTo(menu, 'Shift+Tab')
  await press('Enter')
  await untilFocused(bob.getByTestId('edit'))
  await press('Escape')
  t.ok(await isFocused(menu), 'closed, and back where it was opened')
  await press('Enter')
  await untilFocused(bob.getByTestId('edit'))
  await press('ArrowDown')
  await press('Enter')
  await untilFocused(bob.getByTestId('confirm-delete'))
  await press('Enter')
  await text(ann, 'Message deleted').waitFor()
  await text(bob, 'Message deleted').waitFor()
  await checkFocus(t, page, 'the message with the focus was deleted')

  await goTo(bob.getByTestId('back'), 'Shift+Tab')
  await press('Enter')
  await chats.first().waitFor()
  await checkFocus(t, page, 'back at the chats')
  t.ok(await isFocused(chats.nth(0).getByRole('button').first()))

  await goTo(bob.getByTestId('search'), 'Shift+Tab')
  await page.keyboard.type('lamp')
  await item(bob, 'Stoneware teapot').waitFor({ state: 'detached' })
  await press('Escape')
  await item(bob, 'Stoneware teapot').waitFor()
  await goTo(chats.nth(0).getByTestId('archive'))
  await press('Enter')
  await item(bob, 'Stoneware teapot').waitFor({ state: 'detached' })
  await checkFocus(t, page, 'the chat with the focus was archived')
  t.ok(await isFocused(chats.nth(0).getByRole('button').first()), 'the next one has it')
  t.strictSame(complaints, [])
})

/** A key, and where it has led to. */
async function pressSeen(t: Test, page: Page, key: string): Promise<void> {
  await page.keyboard.press(key)
  await checkFocus(t, page, key)
}

/** Something has the focus, on the screen, and shows it: at the latest when what takes its place is there. */
async function checkFocus(t: Test, page: Page, after: string): Promise<void> {
  let fault: string | undefined
  const isWell = async () => {
    fault = await page.evaluate(faultOfFocus)
    return fault === undefined
  }
  await until(isWell, 'a focus that is seen').catch(() => t.fail(`the focus after ${after}: ${fault}`))
}

/** Runs in the page. */
function faultOfFocus(): string | undefined {
  const { activeElement } = document
  if (!(activeElement instanceof HTMLElement) || activeElement === document.body) return 'it is lost'
  const name = activeElement.dataset.testid ?? activeElement.outerHTML.slice(0, 80)
  const { width, height, bottom, top } = activeElement.getBoundingClientRect()
  if (width === 0 || height === 0 || bottom <= 0 || top >= innerHeight) return `${name} is not on the screen`
  // A heading that a view begins with is read out, and is no stop.
  if (activeElement.tabIndex < 0 && activeElement.matches('h1, h2, h3')) return undefined
  const isShown = [activeElement, activeElement.parentElement].some((element) => {
    if (element === null) return false
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0
  })
  return isShown ? undefined : `${name} does not show it`
}

async function isFocused(target: Locator): Promise<boolean> {
  return (
    (await target.count()) > 0 && (await target.first().evaluate((one) => one === document.activeElement))
  )
}

async function untilFocused(target: Locator): Promise<void> {
  await target.and(target.page().locator(':focus')).waitFor()
}
