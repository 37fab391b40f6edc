import type { Locator, Page } from 'playwright-core'
import t from 'tap'
import { z } from 'zod'
import { startNode } from '../helpers/processes.js'
import { choose, invoice, photo, throttle, untilHalfSent, uploads } from './files.js'
import { item, message, openBrowser, openChat, openPage, text } from './open-page.js'

const node = await startNode(t)
const browser = await openBrowser(t)

t.test('an image and a file: their progress here, a thumbnail and the bytes there', async (t) => {
  const { page, ann, complaints } = await openPage(t, browser, node.url)
  const { page: bobsPage, bob, complaints: bobsComplaints } = await openPage(t, browser, node.url)
  // The first thumbnail that is fetched fails, as when its address has expired; the others wait.
  let letThrough = () => {}
  const released = new Promise<void>((resolve) => {
    letThrough = resolve
  })
  await bobsPage.route('**/blobs/thumbnails/**', async (route) => {
    await released
    await route.continue()
  })
  await bobsPage.route('**/blobs/thumbnails/**', async (route) => await route.abort(), { times: 1 })

  await throttle(page, 300_000)
  await choose(ann, [photo, invoice])
  await ann.getByTestId('composer').fill('As agreed.')
  await untilHalfSent(ann)
  t.ok(await ann.getByTestId('send').isDisabled(), 'nothing is sent before all is there')
  await ann.getByTestId('composer').press('Enter')
  t.equal(await ann.getByTestId('composer').inputValue(), 'As agreed.')
  await throttle(page, -1)
  await uploads(ann, 'ready').nth(1).waitFor()
  await ann.getByTestId('send').click()
  await message(ann, 'As agreed.').getByTestId('file').waitFor()
  t.equal(await uploads(ann).count(), 0)

  await item(bob, 'As agreed.').getByRole('button').first().click()
  const image = message(bob, 'As agreed.').getByTestId('picture')
  await image.waitFor()
  const reserved = await image.boundingBox()
  t.match(reserved, { width: 260, height: 195 })
  letThrough()
  await message(bob, 'As agreed.').locator('[data-testid="picture"][data-loaded="true"]').waitFor()
  t.strictSame(await image.boundingBox(), reserved, 'nothing moves when the image comes')
  const shown = image.getByRole('img')
  t.equal(await shown.getAttribute('alt'), 'teapot.jpg')
  t.match(await shown.getAttribute('src'), '/blobs/thumbnails/')

  const saved = await opened(bobsPage, message(bob, 'As agreed.').getByTestId('file'))
  t.match(saved.headers.get('content-disposition'), /^attachment;.*invoice\.txt/)
  t.ok(invoice.buffer.equals(Buffer.from(await saved.arrayBuffer())))
  const opening = bobsPage.context().waitForEvent('page')
  const original = await opened(bobsPage, image)
  t.ok(photo.buffer.equals(Buffer.from(await original.arrayBuffer())))
  const tab = await opening
  await tab.waitForURL(/\/blobs\//)
  t.equal(await tab.evaluate(() => window.opener), null, 'the new tab cannot reach the page')
  // Of the thumbnail that this test has taken away.
  t.strictSame([...complaints, ...bobsComplaints.filter((line) => !line.startsWith('Failed to load'))], [])
})

t.test('an upload that is given up', async (t) => {
  const { page, ann, bob, complaints } = await openPage(t, browser, node.url)
  await throttle(page, 100_000)
  await ann.getByTestId('composer').fill('Without it, then')
  await choose(ann, photo)
  await untilHalfSent(ann)
  const ended = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/attachments'))
  await ann.getByTestId('upload-remove').click()
  t.match((await ended).failure(), { errorText: 'net::ERR_ABORTED' }, 'no byte more is sent')
  t.equal(await uploads(ann).count(), 0)
  await throttle(page, -1)
  await ann.getByTestId('send').click()
  await openChat(bob, 'Stoneware teapot')
  await text(bob, 'Without it, then').waitFor()
  t.equal(await message(bob, 'Without it, then').getByTestId('attachment').count(), 0)
  t.strictSame(complaints, [])
})

/** What a click on a file opens in a new tab. */
async function opened(page: Page, file: Locator): Promise<Response> {
  const answering = page.waitForResponse((response) => response.url().includes('variant=original'))
  const opening = page.context().waitForEvent('page')
  await file.click()
  const { url } = z.object({ url: z.string() }).parse(await (await answering).json())
  await opening
  return await fetch(url)
}
