import t from 'tap'
import { z } from 'zod'
import { startNode } from '../helpers/processes.js'
import { startS3 } from '../helpers/s3.js'
import { picture } from '../helpers/sample-files.js'
import { openBrowser, openChat, openPage } from './open-page.js'

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
  const browser = await openBrowser(t)
  // What Ann's page has uploaded itself it need not fetch: Bob is at a page of his own.
  const { ann, complaints } = await openPage(t, browser, node.url)
  const { page, bob, complaints: bobsComplaints } = await openPage(t, browser, node.url)
  await openChat(bob, 'Stoneware teapot')
  const image = { name: 'cup.png', mimeType: 'image/png', buffer: await picture(400, 300).png().toBuffer() }
  const note = { name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('With its saucer.\n') }
  await ann.getByTestId('file-input').setInputFiles([image, note])
  await ann.locator('[data-testid="upload"][data-state="ready"]').nth(1).waitFor()
  const fetching = page.waitForResponse((response) => response.url().startsWith('http://localhost:'))
  await ann.getByTestId('send').click()
  t.equal((await fetching).status(), 200)
  for (const pane of [ann, bob]) await pane.locator('[data-testid="picture"][data-loaded="true"]').waitFor()
  const opening = page.context().waitForEvent('page')
  const answering = page.waitForResponse((response) => response.url().includes('variant=original'))
  await bob.getByTestId('file').click()
  const { url } = z.object({ url: z.string() }).parse(await (await answering).json())
  await opening
  t.match(url, 'http://localhost:')
  const saved = await fetch(url)
  t.match(saved.headers.get('content-disposition'), /^attachment;.*note\.txt/)
  t.equal(await saved.text(), note.buffer.toString())
  t.strictSame([...complaints, ...bobsComplaints], [])
})
