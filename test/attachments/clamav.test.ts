import t from 'tap'
import { postFiles, startFileNode, uploadFile } from '../helpers/attachments.js'
import { eicar, startClamav } from '../helpers/clamav.js'
import { createChat, token } from '../helpers/clients.js'
import { nameOf } from '../helpers/frames.js'
import { pdf } from '../helpers/sample-files.js'
import { zip } from '../helpers/zip.js'

const skip = process.env.TEST_CLAMD ? false : 'TEST_CLAMD is not set: clamd is not here'

t.test('ClamAV, as docs/scanning.md has it, says what may be sent', { skip }, async (t) => {
  const scanUrl = await startClamav(t)
  if (scanUrl === undefined) throw new Error('there is no clamd')
  const types = 'application/pdf,text/plain,application/zip'
  const stored = await startFileNode(t, { PARLEY_SCAN_URL: scanUrl, PARLEY_ATTACHMENT_TYPES: types })
  const ann = token('ann', nameOf('ann'))
  const chatId = await createChat(stored.node, ['ann'])
  const refused = { status: 415, body: { error: { code: 'unsupported_type' } } }
  const virus = await eicar()

  t.match(await uploadFile(stored, ann, chatId, { name: 'bill.pdf', body: pdf() }), { status: 'ready' })
  const before = (await stored.kept()).sort()
  t.match(await postFiles(stored, ann, chatId, [{ name: 'bill.txt', body: virus }]), refused)
  const packed = zip([{ name: 'bill.txt', data: virus }])
  t.match(await postFiles(stored, ann, chatId, [{ name: 'bill.zip', body: packed }]), refused)
  t.strictSame((await stored.kept()).sort(), before, 'nothing of it is left')
})
