import type { Locator } from 'playwright-core'
import t from 'tap'
import { startNode } from '../helpers/processes.js'
import { openBrowser, openPage, say, text } from './open-page.js'

t.test('the first page: two people talk about an order', async (t) => {
  const node = await startNode(t)
  const { page, ann, bob, complaints } = await openPage(t, await openBrowser(t), node.url)

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

function withState(pane: Locator, state: string): Locator {
  return pane.locator(`[data-testid="message"][data-state="${state}"]`).first()
}
