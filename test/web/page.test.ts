import type { Locator } from 'playwright-core'
import t from 'tap'
import { z } from 'zod'
import { call } from '../helpers/clients.js'
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

  // Bob has the chat open, ann has not; both say it from elsewhere.
  const [annElsewhere, bobElsewhere] = [
    await tokenOf(node, 'ann', 'Ann Lee'),
    await tokenOf(node, 'bob', 'Bob Ray'),
  ]
  const { body } = await call(node, annElsewhere, 'GET', '/chats')
  const messages = `/chats/${z.string().parse(body.data[0].id)}/messages`
  await call(node, annElsewhere, 'PATCH', `${messages}/1`, { content: 'Has it been posted?' })
  await call(node, bobElsewhere, 'DELETE', `${messages}/3`)
  await text(bob, 'Has it been posted?').waitFor()
  await bob.getByTestId('message').filter({ hasText: 'posted' }).getByText('edited').waitFor()
  await text(bob, 'Message deleted').waitFor()
  await ann.getByTestId('chat-item').getByText('Message deleted').waitFor()
  t.equal(await text(bob, 'Has it been sent?').count(), 0)
  t.equal(await text(bob, 'Are you there?').count(), 0)

  await page.reload()
  await ann.getByTestId('chat-item').first().click()
  await text(ann, 'Has it been posted?').waitFor()
  await text(ann, 'Message deleted').waitFor()
  t.strictSame(complaints, [], 'the browser has nothing to complain of')
})

/** Another session of one of the two. */
async function tokenOf(node: { url: string }, sub: string, fullName: string): Promise<string> {
  const { body } = await call(node, undefined, 'POST', '/dev/token', { sub, fullName })
  return z.string().parse(body.token)
}

function withState(pane: Locator, state: string): Locator {
  return pane.locator(`[data-testid="message"][data-state="${state}"]`).first()
}
