import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../helpers/folders.js'
import { createPGliteFolder } from '../helpers/pglite.js'
import { freePort, startNode } from '../helpers/processes.js'
import { HOSTILE_FILES, SAMPLE_FILES } from '../helpers/sample-files.js'
import { choose, invoice, photo, throttle, untilHalfSent, uploads } from './files.js'
import { item, message, openBrowser, openChat, openInbox, openPage, say, text } from './open-page.js'

const SUBJECT = 'Stoneware teapot'
const MOST_BYTES = 2_000_000
const place = {
  PORT: String(await freePort()),
  WS_PORT: String(await freePort()),
  DATA_DIR: await createPGliteFolder(t),
  PARLEY_ATTACHMENT_BYTES: String(MOST_BYTES),
  PARLEY_ATTACHMENTS_PER_MESSAGE: '3',
}
const node = await startNode(t, place)
const browser = await openBrowser(t)

t.test('a message without a text is named by its files', async (t) => {
  const { page, ann, bob, complaints } = await openPage(t, browser, node.url)
  const heic = { name: 'IMG_1.HEIC', mimeType: 'image/heic', buffer: await SAMPLE_FILES['image/heic']() }
  await choose(ann, heic)
  await uploads(ann, 'ready').waitFor()
  await ann.getByTestId('send').click()
  await item(bob, SUBJECT).getByText('Photo', { exact: true }).waitFor()
  await openChat(bob, SUBJECT)
  // Nothing here can decode it, on either side.
  for (const pane of [ann, bob]) await pane.getByTestId('file').getByText('IMG_1.HEIC').waitFor()
  await openInbox(bob)

  await pasteImage(page, ann.getByTestId('composer'))
  await dropFile(page, ann.getByTestId('message').last(), await invoiceOnDisk(t))
  await uploads(ann, 'ready').nth(1).waitFor()
  await openChat(ann, 'Desk lamp')
  t.equal(await uploads(ann).count(), 0, 'what was chosen belongs to its conversation')
  await openChat(ann, SUBJECT)
  t.equal(await uploads(ann, 'ready').count(), 2)
  await ann.getByTestId('send').click()
  await item(bob, SUBJECT).getByText('2 files', { exact: true }).waitFor()
  // There is no thumbnail of the first.
  t.strictSame(
    complaints.filter((line) => !line.includes('404')),
    [],
  )
})

t.test('what is refused says why, and takes nothing else with it', async (t) => {
  const { page, ann, bob } = await openPage(t, browser, node.url)
  let sent = 0
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().endsWith('/attachments')) sent += 1
  })
  const large = { ...invoice, name: 'film.txt', buffer: Buffer.alloc(MOST_BYTES + 1, 'x') }
  await choose(ann, large)
  await ann.getByTestId('problem').getByText('“film.txt” is too large: at most').waitFor()
  t.equal(await uploads(ann).count(), 0)
  t.equal(sent, 0, 'not a byte was sent')

  await ann.getByTestId('composer').fill('Is this it?')
  const fake = { name: HOSTILE_FILES.html.name, mimeType: 'image/jpeg', buffer: HOSTILE_FILES.html.body }
  await choose(ann, [fake, invoice, invoice, invoice])
  await ann.getByTestId('problem').getByText('At most 3 files fit in a message.').waitFor()
  await uploads(ann, 'failed').getByText('Files of this type cannot be sent').waitFor()
  await uploads(ann, 'ready').nth(1).waitFor()
  t.equal(sent, 3)
  t.equal(await uploads(ann, 'failed').getByTestId('upload-retry').count(), 0, 'it would be refused again')
  t.ok(await ann.getByTestId('send').isDisabled())

  await uploads(ann, 'failed').getByTestId('upload-remove').click()
  await ann.getByTestId('send').click()
  await openChat(bob, SUBJECT)
  await message(bob, 'Is this it?').getByTestId('file').nth(1).waitFor()
})

t.test('a node that goes away: the upload says so, and works when it is tried again', async (t) => {
  const { page, ann, bob } = await openPage(t, browser, node.url)
  await openChat(bob, SUBJECT)
  await throttle(page, 100_000)
  await ann.getByTestId('composer').fill('Once more')
  await choose(ann, photo)
  await untilHalfSent(ann)
  await node.kill9()
  await uploads(ann, 'failed').getByText('There is no connection').waitFor()
  await throttle(page, -1)

  await startNode(t, place)
  await ann.getByTestId('upload-retry').click()
  await uploads(ann, 'ready').waitFor()
  t.equal(await ann.getByTestId('composer').inputValue(), 'Once more')
  // What a browser says when its network is back: nobody sits out the rest of a back-off.
  await page.evaluate(() => dispatchEvent(new Event('online')))
  await ann.getByTestId('send').click()
  await message(bob, 'Once more').locator('[data-testid="picture"][data-loaded="true"]').waitFor()
  await say(bob, 'Thank you')
  await text(ann, 'Thank you').waitFor()
})

async function invoiceOnDisk(t: Test): Promise<string> {
  const path = join(await temporaryFolder(t), invoice.name)
  await writeFile(path, invoice.buffer)
  return path
}

/** As a person does: copied somewhere else, then Ctrl+V here. */
async function pasteImage(page: Page, target: Locator): Promise<void> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(40, 30)
    canvas.getContext('2d')?.fillRect(0, 0, 20, 30)
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': await canvas.convertToBlob() })])
  })
  await target.press('Control+V')
}

/** Drags a file of this machine over the middle of an element and lets go of it. */
async function dropFile(page: Page, target: Locator, path: string): Promise<void> {
  const box = await target.boundingBox()
  if (box === null) throw new Error('nothing there to drop a file on')
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  const session = await page.context().newCDPSession(page)
  const data = { items: [], files: [path], dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, ...at, data })
}
