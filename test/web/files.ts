import type { Locator, Page } from 'playwright-core'
import sharp from 'sharp'

export const photo = { name: 'teapot.jpg', mimeType: 'image/jpeg', buffer: await noise() }
export const invoice = {
  name: 'invoice.txt',
  mimeType: 'text/plain',
  buffer: Buffer.from('One teapot: 40 €\n'),
}

/** A photo, as far as its size and its bytes go: 800 x 600 that no codec can make small. */
async function noise(): Promise<Buffer> {
  const grain = { type: 'gaussian', mean: 128, sigma: 60 } as const
  const image = sharp({
    create: { width: 800, height: 600, channels: 3, background: '#808080', noise: grain },
  })
  return await image.jpeg({ quality: 90 }).toBuffer()
}

export async function choose(pane: Locator, files: Parameters<Locator['setInputFiles']>[0]): Promise<void> {
  await pane.getByTestId('file-input').setInputFiles(files)
}

/** The files that go with the next message. */
export function uploads(pane: Locator, state?: string): Locator {
  return pane.locator(`[data-testid="upload"]${state === undefined ? '' : `[data-state="${state}"]`}`)
}

/** Makes all that the page sends this slow, in bytes per second; -1: as fast as it can. */
export async function throttle(page: Page, uploadThroughput: number): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput }
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', conditions)
}

/** Some of it is on its way, and not all. */
export async function untilHalfSent(pane: Locator): Promise<void> {
  await uploads(pane, 'sending')
    .getByText(/ [1-9]\d?%/)
    .first()
    .waitFor()
}
