import t from 'tap'
import { startNode } from '../helpers/processes.js'
import { startS3 } from '../helpers/s3.js'
import { picture } from '../helpers/sample-files.js'
import { openBrowser, openPage } from './open-page.js'

t.test('images and files come from an S3 at its public address', async (t) => {
  const s3 = await startS3(t)
  const node = await startNode(t, {
    S3_ENDPOINT: s3.url,
    // Another name for the same place: another origin to a browser.
    S3_PUBLIC_ENDPOINT: s3.url.replace('127.0.0.1', 'localhost'),
    S3_BUCKET: 'parley',
    S3_ACCESS_KEY: s3.accessKey,
    S3_SECRET_KEY: s3.secretKey,
  })
  const { page, ann, bob, complaints } = await openPage(t, await openBrowser(t), node.url)
  for (const pane of [ann, bob]) await pane.getByTestId('chat-item').first().click()
  const image = { name: 'cup.png', mimeType: 'image/png', buffer: await picture(400, 300).png().toBuffer() }
  const note = { name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('With its saucer.\n') }
  await ann.getByTestId('attach').setInputFiles([image, note])
  await ann.locator('[data-testid="chip"][data-state="ready"]').nth(1).waitFor()
  const fetching = page.waitForResponse((response) => response.url().startsWith('http://localhost:'))
  await ann.getByTestId('send').click()
  t.equal((await fetching).status(), 200)
  await page.waitForFunction('[...document.images].filter((image) => image.naturalWidth > 0).length === 2')
  const saving = page.waitForEvent('download')
  await bob.getByTestId('file').click()
  t.equal((await saving).suggestedFilename(), 'note.txt')
  t.strictSame(complaints, [])
})
