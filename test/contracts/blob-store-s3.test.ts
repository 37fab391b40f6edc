import t from 'tap'
import { createS3Blobs } from '../../src/adapters/blobs-s3.js'
import { s3Options, startS3 } from '../helpers/s3.js'
import { silent } from '../helpers/stores.js'
import { blobContract } from './blob-store.js'

t.test('the contract', async (t) => {
  const s3 = await startS3(t)
  const createPlace = async () => {
    const options = s3Options(s3)
    const kept = () => s3.kept(options.bucket)
    return { blobs: createS3Blobs(options, silent), base: s3.url, kept, description: { s3: options } }
  }
  // s3rver takes any form, whatever its policy says: test/adapters/blobs-s3.test.ts looks at the policy itself.
  blobContract(t, { createPlace, holdsUploads: false })
})
