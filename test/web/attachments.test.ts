import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import { until } from '../helpers/clients.js'
import { temporaryFolder } from '../helpers/folders.js'
import { createPGliteFolder } from '../helpers/pglite.js'
import { freePort, startNode } from '../helpers/processes.js'
import { HOSTILE_FILES, SAMPLE_FILES } from '../helpers/sample-files.js'
import { openBrowser, openPage, say, text } from './open-page.js'

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

const photo = { name: 'teapot.jpg', mimeType: 'image/jpeg', buffer: await noise() }
const invoice = { name: 'invoice.txt', mimeType: 'text/plain', buffer: Buffer.from('One teapot: 40 €\n') }

t.test('an image and a file: their progress here, the bytes there', async (t) => {
  const { page, ann, bob, complaints } = await openPage(t, browser, node.url)
  await ann.getByTestId('chat-item').first().click()
  // The first thumbnail that is fetched fails, as when its address has expired; the others wait.
  let letThrough = () => {}
  const released = new Promise<void>((resolve) => {
    letThrough = resolve
  })
  await page.route('**/blobs/thumbnails/**', async (route) => {
    await released
    await route.continue()
  })
  await page.route('**/blobs/thumbnails/**', async (route) => await route.abort(), { times: 1 })

  await throttle(page, 300_000)
  await ann.getByTestId('attach').setInputFiles([photo, invoice])
  await ann.getByTestId('composer').fill('As agreed.')
  await untilHalfSent(ann)
  t.ok(await ann.getByTestId('send').isDisabled(), 'nothing is sent before all is there')
  await ann.getByTestId('composer').press('Enter')
  t.equal(await ann.getByTestId('composer').inputValue(), 'As agreed.')
  await throttle(page, -1)
  await chips(ann, 'ready').nth(1).waitFor()
  await ann.getByTestId('send').click()
  await ann.getByTestId('message').getByTestId('file').waitFor()
  t.equal(await chips(ann).count(), 0)

  await bob.getByTestId('chat-item').getByText('As agreed.').click()
  const image = bob.getByTestId('image')
  await image.waitFor({ state: 'attached' })
  const reserved = await image.boundingBox()
  t.match(reserved, { width: 240, height: 180 })
  letThrough()
  await untilDecoded(image)
  await untilDecoded(ann.getByTestId('image'))
  t.strictSame(await image.boundingBox(), reserved, 'nothing moves when the image comes')
  t.equal(await image.getAttribute('alt'), 'teapot.jpg')

  const saving = page.waitForEvent('download')
  await bob.getByTestId('file').click()
  const download = await saving
  t.equal(download.suggestedFilename(), 'invoice.txt')
  t.ok(invoice.buffer.equals(await readFile(await download.path())))

  const opening = page.context().waitForEvent('page')
  await image.click()
  const tab = await opening
  await tab.waitForURL(/\/blobs\//)
  const original = await fetch(tab.url())
  t.ok(photo.buffer.equals(Buffer.from(await original.arrayBuffer())))
  t.equal(await tab.evaluate('window.opener'), null, 'the new tab cannot reach the page')
  t.strictSame(
    complaints.filter((line) => !line.startsWith('Failed to load resource')),
    [],
  )
})

t.test('a message without a text is named by its files', async (t) => {
  const { page, ann, bob } = await openPage(t, browser, node.url)
  await ann.getByTestId('chat-item').first().click()
  const heic = { name: 'IMG_1.HEIC', mimeType: 'image/heic', buffer: await SAMPLE_FILES['image/heic']() }
  await ann.getByTestId('attach').setInputFiles([heic])
  await chips(ann, 'ready').waitFor()
  await ann.getByTestId('send').click()
  await bob.getByTestId('chat-item').getByText('Photo', { exact: true }).click()
  // There is no thumbnail of it: nothing here can decode it.
  await bob.getByTestId('file').getByText('IMG_1.HEIC').waitFor()

  await pasteImage(page, ann.getByTestId('composer'))
  await dropFile(page, ann.getByTestId('message').last(), await invoiceOnDisk(t))
  await chips(ann, 'ready').nth(1).waitFor()
  await ann.getByTestId('back').click()
  await ann.getByTestId('new-inquiry').click()
  await ann.getByText('No messages yet').waitFor()
  t.equal(await chips(ann).count(), 0, 'what was chosen belongs to its conversation')
  await ann.getByTestId('back').click()
  await ann.getByTestId('chat-item').getByText('You: Photo').click()
  t.equal(await chips(ann, 'ready').count(), 2)
  await bob.getByTestId('back').click()
  await ann.getByTestId('send').click()
  await bob.getByTestId('chat-item').getByText('2 files', { exact: true }).waitFor()
})

t.test('what is refused says why, and takes nothing else with it', async (t) => {
  const { page, ann, bob } = await openPage(t, browser, node.url)
  await ann.getByTestId('chat-item').getByText('Order 1001').click()
  let uploads = 0
  page.on('request', (request) => {
    if (request.url().endsWith('/attachments')) uploads += 1
  })
  const large = { ...invoice, name: 'film.txt', buffer: Buffer.alloc(MOST_BYTES + 1, 'x') }
  await ann.getByTestId('attach').setInputFiles(large)
  await ann.getByTestId('tray-note').getByText('“film.txt” is too large: at most 1.9 MB.').waitFor()
  t.equal(await chips(ann).count(), 0)
  t.equal(uploads, 0, 'not a byte was sent')

  await ann.getByTestId('composer').fill('Is this it?')
  const fake = { name: HOSTILE_FILES.html.name, mimeType: 'image/jpeg', buffer: HOSTILE_FILES.html.body }
  await ann.getByTestId('attach').setInputFiles([fake, invoice, invoice, invoice])
  await ann.getByTestId('tray-note').getByText('At most 3 files fit in a message.').waitFor()
  await chips(ann, 'failed').getByText('Files of this type are not taken').waitFor()
  await chips(ann, 'ready').nth(1).waitFor()
  t.equal(uploads, 3)
  t.ok(await chips(ann, 'failed').getByTestId('chip-retry').isHidden(), 'it would be refused again')
  t.ok(await ann.getByTestId('send').isDisabled())

  await chips(ann, 'failed').getByTestId('chip-remove').click()
  await ann.getByTestId('send').click()
  await bob.getByTestId('chat-item').getByText('Is this it?').click()
  const said = bob.getByTestId('message').filter({ has: page.getByText('Is this it?') })
  await said.getByTestId('file').nth(1).waitFor()
})

t.test('a node that goes away: the upload says so, and works when it is tried again', async (t) => {
  const { page, ann, bob } = await openPage(t, browser, node.url)
  for (const pane of [ann, bob]) await pane.getByTestId('chat-item').getByText('Order 1001').click()
  await throttle(page, 100_000)
  await ann.getByTestId('composer').fill('Once more')
  await ann.getByTestId('attach').setInputFiles(photo)
  await untilHalfSent(ann)
  await node.kill9()
  await chips(ann, 'failed').getByText('The server could not be reached').waitFor()
  await throttle(page, -1)

  await startNode(t, place)
  await chips(ann).getByTestId('chip-retry').click()
  await chips(ann, 'ready').waitFor()
  t.equal(await ann.getByTestId('composer').inputValue(), 'Once more')
  // What a browser says when its network is back: nobody sits out the rest of a back-off.
  await page.evaluate("dispatchEvent(new Event('online'))")
  await ann.getByTestId('send').click()
  await text(bob, 'Once more').waitFor()
  await untilDecoded(bob.getByTestId('message').last().getByTestId('image'))
  await say(bob, 'Thank you')
  await text(ann, 'Thank you').waitFor()
})

/** A photo, as far as its size and its bytes go: 1200 x 900 that no codec can make small. */
async function noise(): Promise<Buffer> {
  const grain = { type: 'gaussian', mean: 128, sigma: 60 } as const
  const image = sharp({
    create: { width: 1200, height: 900, channels: 3, background: '#808080', noise: grain },
  })
  return await image.jpeg({ quality: 90 }).toBuffer()
}

function chips(pane: Locator, state?: string): Locator {
  return pane.locator(`[data-testid="chip"]${state === undefined ? '' : `[data-state="${state}"]`}`)
}

/** Makes all that the page sends this slow, in bytes per second; -1: as fast as it can. */
async function throttle(page: Page, uploadThroughput: number): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput }
  await session.send('Network.emulateNetworkConditions', conditions)
}

async function invoiceOnDisk(t: Test): Promise<string> {
  const path = join(await temporaryFolder(t), invoice.name)
  await writeFile(path, invoice.buffer)
  return path
}

async function untilHalfSent(pane: Locator): Promise<void> {
  await until(async () => {
    const parts = await pane.getByRole('progressbar').evaluateAll((all) => all.map(({ value }) => value))
    return parts.some((part) => part > 0 && part < 1)
  }, 'an upload that is half done')
}

async function untilDecoded(image: Locator): Promise<void> {
  await until(
    async () => (await image.evaluate(({ naturalWidth }) => naturalWidth)) > 0,
    'an image that is shown',
  )
}

/** As a person does: copied somewhere else, then Ctrl+V here. */
async function pasteImage(page: Page, target: Locator): Promise<void> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.evaluate(`(async () => {
    const canvas = new OffscreenCanvas(40, 30)
    canvas.getContext('2d').fillRect(0, 0, 20, 30)
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': await canvas.convertToBlob() })])
  })()`)
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
