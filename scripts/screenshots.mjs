// npm run screenshots: the demo's pictures in docs/screenshots, from a node of its own that keeps nothing.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'
import sharp from 'sharp'
import { main, prepare, root, say } from './prepare.mjs'
import { findTools } from './system-tools.mjs'

const folder = join(root, 'docs/screenshots')
const DESKTOP = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 844 }
/** So slow that an upload can be looked at. */
const BYTES_PER_SECOND = 60_000

await main(async () => {
  await prepare()
  const { TEST_CHROMIUM } = await findTools({ withOptional: false, variables: ['TEST_CHROMIUM'] })
  const data = await mkdtemp(join(tmpdir(), 'parley-screenshots-'))
  const node = startNode(data)
  const browser = await chromium.launch({
    executablePath: TEST_CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu'],
  })
  try {
    await mkdir(folder, { recursive: true })
    await takeAll(browser, await urlOf(node))
  } finally {
    await browser.close()
    const ended = node.exitCode === null ? once(node, 'exit') : undefined
    node.kill()
    await ended
    await rm(data, { recursive: true, force: true })
  }
})

function startNode(data) {
  return spawn(process.execPath, ['dist/main.js'], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      DATA_DIR: data,
      PORT: '0',
      WS_PORT: '0',
      OPS_PORT: '0',
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 2],
  })
}

/** A node that is given no port says which one it has. */
async function urlOf(node) {
  for await (const line of createInterface({ input: node.stdout })) {
    const url = /page\s+(http:\S+)/.exec(line)?.[1]
    if (url) return url
  }
  throw new Error('The node has ended before it began.')
}

async function takeAll(browser, url) {
  const { page, ann, bob } = await openDemo(browser, url, { viewport: DESKTOP, colorScheme: 'light' })

  // Some traffic for the figures, in another chat than the one that is shown.
  await openChat(ann, 'Running shoes')
  await page.getByTestId('talk').click()
  await message(ann, /^15\. /).waitFor()
  await page.getByTestId('plug-bob').click()
  await message(ann, /^35\. /).waitFor()
  await page.getByTestId('plug-bob').click()
  await message(ann, /^50\. /).waitFor()
  await openChat(ann, 'Stoneware teapot')
  await openChat(bob, 'Stoneware teapot')
  await attach(bob, 'teapot.jpg', await photo('teapot', 900))
  await sayTo(bob, 'Packed this morning. Here it is, without its box.')
  await ann.getByTestId('picture').first().waitFor()
  await sayTo(ann, 'It is even nicer than on the page!')
  await message(bob, /even nicer/).waitFor()
  await bob.getByTestId('back').click()
  await bob.getByTestId('chat-item').first().waitFor()
  await take(page, 'desktop')

  await openChat(bob, 'Stoneware teapot')
  await page.getByTestId('theme').selectOption('dark')
  await take(page, 'dark')
  await page.getByTestId('theme').selectOption('light')

  await page.getByTestId('talk').click()
  await message(bob, /^8\. /).waitFor()
  await page.getByTestId('plug-ann').click()
  await message(bob, /^24\. /).waitFor()
  await take(page, 'plug')
  await page.getByTestId('plug-ann').click()
  await page.getByTestId('outages').getByText('caught up').waitFor()
  await page.context().close()

  const phone = await openDemo(browser, url, { viewport: PHONE, colorScheme: 'light' })
  await openChat(phone.ann, 'Desk lamp')
  await sayTo(phone.ann, 'It stands on my desk already. Thank you!')
  await take(phone.page, 'phone')
  const devtools = await phone.page.context().newCDPSession(phone.page)
  await devtools.send('Network.enable')
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: BYTES_PER_SECOND,
  })
  await attach(phone.ann, 'on-my-desk.jpg', await photo('lamp', 2400))
  await phone.ann.getByTestId('composer').fill('This is how it looks.')
  await phone.ann
    .getByTestId('upload')
    .getByText(/[2-9]\d\s?%/)
    .waitFor()
  await take(phone.page, 'upload')
}

async function openDemo(browser, url, options) {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  await page.goto(url)
  return { page, ann: page.getByTestId('pane-ann'), bob: page.getByTestId('pane-bob') }
}

async function openChat(pane, subject) {
  const back = pane.getByTestId('back')
  const items = pane.getByTestId('chat-item')
  await back.or(items.first()).first().waitFor()
  if (await back.isVisible()) await back.click()
  await items.filter({ hasText: subject }).getByRole('button').first().click()
  await pane.locator('[data-testid="conversation"][data-live="true"]').waitFor()
}

async function attach(pane, name, buffer) {
  await pane.getByTestId('file-input').setInputFiles({ name, mimeType: 'image/jpeg', buffer })
}

async function sayTo(pane, content) {
  await pane.getByTestId('composer').fill(content)
  await pane.getByTestId('send').click()
}

function message(pane, text) {
  return pane.getByTestId('message-text').filter({ hasText: text }).last()
}

/** One of the shop's drawings, as large as a camera's picture. */
async function photo(name, size) {
  const drawing = await readFile(join(root, `web/shop/pictures/${name}.svg`))
  return await sharp(drawing, { density: 300 }).resize(size, size).jpeg({ quality: 95 }).toBuffer()
}

async function take(page, name) {
  // What moves comes to rest first: the pictures are to be the same each time.
  const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' })
  const path = join(folder, `${name}.png`)
  await sharp(picture).png({ palette: true, quality: 90, effort: 10 }).toFile(path)
  say(path)
}
